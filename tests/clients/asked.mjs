// What every client asks, and what it put on the wire.
import { readFileSync } from 'node:fs';

const text = (name) => readFileSync(new URL(`documents/${name}.graphql`, import.meta.url), 'utf8');

export const [url] = process.argv.slice(2);
export const documents = { window: text('window'), partial: text('partial'), page: text('page') };
export const variables = {
  window: { symbol: 'ACME', last: 30, period: 7 },
  refused: { symbol: 'ACME', last: 'many', period: 7 },
  partial: { known: 'ACME', unknown: 'NOPE' },
};
export const pageSize = 2;

/** A `fetch` that notes each request and its answer in `requests`. */
export function recorded(requests) {
  return async (address, options = {}) => {
    const answer = await fetch(address, options);
    const { method = 'GET', headers, body } = options;
    const sent = method === 'GET' ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(body);
    const { errors } = await answer.clone().json();
    requests.push({
      method,
      accept: new Headers(headers).get('accept'),
      sent: Object.keys(sent).sort(),
      status: answer.status,
      type: answer.headers.get('content-type'),
      codes: (errors ?? []).map((error) => error.extensions.code),
    });
    return answer;
  };
}

/** What a program sees of errors. */
export const seen = (errors) =>
  errors.map(({ message, path = null, extensions }) => ({ message, path, code: extensions.code }));

/** The instruments of pages. */
export const nodes = (pages) => pages.flatMap(({ instruments }) => instruments.edges.map((edge) => edge.node));

/** Prints results without the type names that some clients add to what is asked. */
export const print = (results) =>
  console.log(JSON.stringify(results, (key, value) => (key === '__typename' ? undefined : value)));
