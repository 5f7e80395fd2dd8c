// The clients that stream, each over each transport that it has: what becomes of the same operations.
import { createHash } from 'node:crypto';

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient as createEventsClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { pipe, subscribe } from 'wonka';

const [url] = process.argv.slice(2);
const socketUrl = url.replace('http', 'ws');
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

const operations = {
  query: { query: '{ hello(name: "me") }' },
  mutation: { query: 'mutation { add(one: 1, other: 2) }' },
  subscription: { query: 'subscription($to: Int!) { count(to: $to) }', variables: { to: 3 } },
  nothing: { query: 'subscription { count(to: 0) }' },
  partial: { query: '{ hello missing secret }' },
  invalid: { query: 'subscription { count(to: "x") }' },
  broken: { query: 'subscription { breaking(foreseen: true) }' },
  masked: { query: 'subscription { breaking(foreseen: false) }' },
};
const codes = (errors) => (errors ?? []).map((error) => error.extensions?.code ?? error.message);

/** The results of a client that has `iterate`, as graphql-ws and graphql-sse have. */
function iterated(client) {
  const results = async (operation) => {
    const found = { data: [], codes: [] };
    try {
      for await (const { data, errors } of client.iterate(operation)) {
        if (data) found.data.push(data);
        found.codes.push(...codes(errors));
      }
    } catch (error) {
      // With one connection graphql-sse has aborted the refused request before we can read why.
      const unread = { errors: [{ message: `status ${error.response?.status}` }] };
      if (error.response) found.codes.push(...codes((await error.response.json().catch(() => unread)).errors));
      else if (Array.isArray(error)) found.codes.push(...codes(error));
      else throw error;
    }
    return found;
  };
  return {
    results,
    persisted: async () => {
      const { query } = operations.subscription;
      const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
      const hashed = { variables: operations.subscription.variables, extensions };
      // graphql-ws insists on a text, which may be empty.
      return [await results({ ...hashed, query }), await results({ ...hashed, query: '' })];
    },
    end: () => client.dispose(),
  };
}

function apollo(link, end = () => undefined) {
  const client = new ApolloClient({
    link,
    cache: new InMemoryCache(),
    defaultOptions: { query: { errorPolicy: 'all', fetchPolicy: 'network-only' }, mutate: { errorPolicy: 'all' } },
  });
  const noted = (found, { data, error }) => {
    if (data) found.data.push(data);
    if (error) found.codes.push(...codes(CombinedGraphQLErrors.is(error) ? error.errors : [error]));
  };
  const results = async ({ query: text, variables }) => {
    const found = { data: [], codes: [] };
    const query = gql(text);
    if (text.startsWith('mutation')) noted(found, await client.mutate({ mutation: query, variables }));
    else if (!text.startsWith('subscription')) noted(found, await client.query({ query, variables }));
    else
      await new Promise((resolve, reject) =>
        client
          .subscribe({ query, variables, errorPolicy: 'all' })
          .subscribe({ next: (result) => noted(found, result), error: reject, complete: resolve }),
      );
    return found;
  };
  return { results, end };
}

function urql(exchanges, options = {}, end = () => undefined) {
  const client = new Client({ url, exchanges, preferGetMethod: false, ...options });
  const results = ({ query, variables = {} }) =>
    new Promise((resolve) => {
      const found = { data: [], codes: [] };
      const kind = /^(mutation|subscription)/.exec(query)?.[1] ?? 'query';
      let last;
      let isOver = false;
      const noted = ({ data, error, hasNext }) => {
        if (isOver) return;
        // The end is told by the last result once more.
        if (data && data !== last) found.data.push((last = data));
        if (error) found.codes.push(...(error.networkError ? [error.networkError.message] : codes(error.graphQLErrors)));
        // It does not tell an end after an error, nor one of a stream without results.
        isOver = !hasNext || Boolean(error);
        if (isOver) resolve(found);
      };
      pipe(
        client[kind](query, variables),
        subscribe(noted),
      );
    });
  return { results, end };
}

const socketOptions = { url: socketUrl, retryAttempts: 0 };
const ways = {
  'graphql-ws': () => iterated(createSocketClient(socketOptions)),
  'graphql-sse': () => iterated(createEventsClient({ url, retryAttempts: 0 })),
  'graphql-sse, one connection': () =>
    iterated(createEventsClient({ url, singleConnection: true, retryAttempts: 0 })),
  'apollo, multipart': () => apollo(new HttpLink({ uri: url })),
  'apollo, graphql-ws': () => {
    const socket = createSocketClient(socketOptions);
    return apollo(new GraphQLWsLink(socket), () => socket.dispose());
  },
  'apollo, graphql-ws, persisted': () => {
    const socket = createSocketClient(socketOptions);
    const link = ApolloLink.from([new PersistedQueryLink({ sha256 }), new GraphQLWsLink(socket)]);
    return apollo(link, () => socket.dispose());
  },
  'urql, events': () => urql([fetchExchange], { fetchSubscriptions: true }),
  'urql, graphql-ws': () => {
    const socket = createSocketClient(socketOptions);
    const forwardSubscription = (request) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
    });
    return urql(
      [subscriptionExchange({ forwardSubscription, enableAllOperations: true })],
      {},
      () => socket.dispose(),
    );
  },
};

const found = {};
for (const [name, way] of Object.entries(ways)) {
  const { results, persisted, end } = way();
  found[name] = {};
  for (const [operation, asked] of Object.entries(operations))
    if (operation !== 'nothing' || !name.startsWith('urql')) found[name][operation] = await results(asked);
  if (persisted) found[name].persisted = await persisted();
  await end();
}
console.log(JSON.stringify(found, (key, value) => (key === '__typename' ? undefined : value)));
