// Clients whose server restarts: what each hears of a subscription, before and after.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { RetryLink } from '@apollo/client/link/retry';
import { createClient as createEventsClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';

const [url] = process.argv.slice(2);
const query = 'subscription { waiting }';
const soon = () => new Promise((resolve) => setTimeout(resolve, 200));
// As docs/clients.md has it: by itself graphql-ws gives up when a connection fails before it is open.
const retrying = { retryAttempts: 20, retry: soon, retryWait: soon, shouldRetry: () => true };

async function iterated(client) {
  const heard = [];
  for await (const { data } of client.iterate({ query })) heard.push(data.waiting);
  return heard;
}

function apollo() {
  const retry = new RetryLink({ delay: { initial: 200, max: 200, jitter: false }, attempts: { max: 20 } });
  const link = ApolloLink.from([retry, new HttpLink({ uri: url })]);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  return new Promise((resolve, reject) => {
    const heard = [];
    const next = ({ data, error }) => (error ? reject(error) : heard.push(data.waiting));
    client.subscribe({ query: gql(query) }).subscribe({ next, error: reject, complete: () => resolve(heard) });
  });
}

function browser() {
  const source = new EventSource(`${url}?query=${encodeURIComponent(query)}`);
  return new Promise((resolve) => {
    const heard = [];
    source.addEventListener('next', ({ data }) => heard.push(JSON.parse(data).data.waiting));
    source.addEventListener('complete', () => resolve((source.close(), heard)));
  });
}

// Node's EventSource does not keep the program from ending while it waits to connect again.
setInterval(() => undefined, 1000);

const ways = {
  'graphql-ws': iterated(createSocketClient({ url: url.replace('http', 'ws'), ...retrying })),
  'graphql-sse': iterated(createEventsClient({ url, ...retrying })),
  'graphql-sse, one connection': iterated(createEventsClient({ url, singleConnection: true, ...retrying })),
  'apollo, multipart': apollo(),
  EventSource: browser(),
};
const heard = {};
for (const [name, results] of Object.entries(ways)) heard[name] = await results;
console.log(JSON.stringify(heard));
process.exit();
