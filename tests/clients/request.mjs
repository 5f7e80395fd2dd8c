// graphql-request.
import { GraphQLClient } from 'graphql-request';

import { documents, nodes, pageSize, print, recorded, seen, url, variables } from './asked.mjs';

const requests = [];
const client = new GraphQLClient(url, { fetch: recorded(requests) });

async function query(name, values) {
  try {
    return { data: await client.request(documents[name], values), errors: [] };
  } catch ({ response }) {
    return { data: response.data, errors: seen(response.errors) };
  }
}

const window = await query('window', variables.window);
const again = await query('window', variables.window);
const refused = await query('window', variables.refused);
const partial = await query('partial', variables.partial);
const { data: first } = await query('page', { first: pageSize });
const { data: second } = await query('page', { first: pageSize, after: first.instruments.pageInfo.endCursor });
print({ plain: { window, again, refused, partial, nodes: nodes([first, second]), requests } });
