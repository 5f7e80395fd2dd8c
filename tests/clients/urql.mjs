// urql with its own Accept header: plain, and with persisted queries.
import { Client, fetchExchange } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';

import { documents, nodes, pageSize, print, recorded, seen, url, variables } from './asked.mjs';

async function results(exchanges, options) {
  const requests = [];
  const client = new Client({ url, fetch: recorded(requests), exchanges: [...exchanges, fetchExchange], ...options });
  const query = async (name, values) => {
    const { data, error } = await client.query(documents[name], values).toPromise();
    if (error?.networkError) throw error.networkError;
    return { data, errors: seen(error?.graphQLErrors ?? []) };
  };
  const window = await query('window', variables.window);
  const again = await query('window', variables.window);
  const refused = await query('window', variables.refused);
  const partial = await query('partial', variables.partial);
  const { data: first } = await query('page', { first: pageSize });
  const { data: second } = await query('page', { first: pageSize, after: first.instruments.pageInfo.endCursor });
  return { window, again, refused, partial, nodes: nodes([first, second]), requests };
}

print({
  plain: await results([], { preferGetMethod: false }),
  byGet: await results([], { preferGetMethod: 'force' }),
  persisted: await results([persistedExchange({ preferGetForPersistedQueries: 'force' })]),
});
