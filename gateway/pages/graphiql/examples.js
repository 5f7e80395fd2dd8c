// What the first visit finds in its tabs; the tests send the same files.
const operations = import.meta.glob('./examples/*.graphql', { eager: true, import: 'default', query: '?raw' });
const variables = import.meta.glob('./examples/*.json', { eager: true, import: 'default', query: '?raw' });

const names = ['chart', 'watch-list', 'indicators', 'live', 'signals', 'live-signals', 'opportunities', 'insights'];

export const exampleTabs = names.map((name) => ({
  query: operations[`./examples/${name}.graphql`].trimEnd(),
  variables: variables[`./examples/${name}.json`].trimEnd(),
}));
