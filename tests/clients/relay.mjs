// Relay: what relay-compiler made of relay/market.js, by relay-runtime's own network layer and store.
import {
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getSingularSelector,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';

import fragment from './generated/relay/market_instruments.graphql.js';
import nextPageQuery from './generated/relay/marketNextPageQuery.graphql.js';
import pageQuery from './generated/relay/marketPageQuery.graphql.js';
import partialQuery from './generated/relay/marketPartialQuery.graphql.js';
import windowQuery from './generated/relay/marketWindowQuery.graphql.js';
import { nodes, pageSize, print, recorded, seen, url, variables } from './asked.mjs';

const requests = [];
const send = recorded(requests);
let errors = [];

async function fetched({ text }, values) {
  const answer = await send(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query: text, variables: values }),
  });
  const payload = await answer.json();
  errors = seen(payload.errors ?? []);
  return payload;
}

const environment = new Environment({ network: Network.create(fetched), store: new Store(new RecordSource()) });

async function query(node, values) {
  try {
    const data = await fetchQuery(environment, node, values, { fetchPolicy: 'network-only' }).toPromise();
    return { data, errors };
  } catch {
    return { data: undefined, errors };
  }
}

/** The connection as the store has it, with all pages that were fetched. */
function connection() {
  const { data } = environment.lookup(createOperationDescriptor(pageQuery, { first: pageSize }).fragment);
  return environment.lookup(getSingularSelector(fragment, data)).data.instruments;
}

const window = await query(windowQuery, variables.window);
const again = await query(windowQuery, variables.window);
const refused = await query(windowQuery, variables.refused);
const partial = await query(partialQuery, variables.partial);
await query(pageQuery, { first: pageSize });
await query(nextPageQuery, { first: pageSize, after: connection().pageInfo.endCursor });
print({ plain: { window, again, refused, partial, nodes: nodes([{ instruments: connection() }]), requests } });
