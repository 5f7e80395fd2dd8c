// graphql-sse, whose server restarts in the moment in which it gives a result: what it hears of many subscriptions.
import { createClient } from 'graphql-sse';

const [url, count] = process.argv.slice(2);
const soon = () => new Promise((resolve) => setTimeout(resolve, 10));
const client = createClient({ url, retryAttempts: 20, retry: soon });

async function heard() {
  const results = [];
  for await (const { data } of client.iterate({ query: 'subscription { waiting }' })) results.push(data.waiting);
  return results;
}

const all = [];
for (let number = 0; number < Number(count); number += 1) all.push(await heard());
console.log(JSON.stringify(all));
