// Apollo Client: plain, and with persisted queries whose hashes go by GET.
import { createHash } from 'node:crypto';

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { relayStylePagination } from '@apollo/client/utilities';

import { documents, pageSize, print, recorded, seen, url, variables } from './asked.mjs';

async function results(links) {
  const requests = [];
  const client = new ApolloClient({
    link: ApolloLink.from([...links, new HttpLink({ uri: url, fetch: recorded(requests) })]),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { instruments: relayStylePagination() } } } }),
    defaultOptions: { query: { errorPolicy: 'all', fetchPolicy: 'network-only' } },
  });
  const query = async (name, values) => {
    const { data, error } = await client.query({ query: gql(documents[name]), variables: values });
    return { data, errors: seen(CombinedGraphQLErrors.is(error) ? error.errors : []) };
  };
  const window = await query('window', variables.window);
  const again = await query('window', variables.window);
  const refused = await query('window', variables.refused);
  const partial = await query('partial', variables.partial);
  const { data: first } = await query('page', { first: pageSize });
  await query('page', { first: pageSize, after: first.instruments.pageInfo.endCursor });
  const { edges } = client.readQuery({ query: gql(documents.page) }).instruments;
  return { window, again, refused, partial, nodes: edges.map((edge) => edge.node), requests };
}

const sha256 = (text) => createHash('sha256').update(text).digest('hex');
const persisted = new PersistedQueryLink({ sha256, useGETForHashedQueries: true });
print({ plain: await results([]), persisted: await results([persisted]) });
