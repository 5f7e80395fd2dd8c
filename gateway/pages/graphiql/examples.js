// What the first visit finds in its tabs; the tests send the same files.
const operations = import.meta.glob('./examples/*.graphql', { eager: true, import: 'default', query: '?raw' });
const variables = import.meta.glob('./examples/*.json', { eager: true, import: 'default', query: '?raw' });

export const exampleTabs = ['chart', 'watch-list', 'indicators', 'insights', 'live'].map((name) => ({
  query: operations[`./examples/${name}.graphql`].trimEnd(),
  variables: variables[`./examples/${name}.json`].trimEnd(),
}));
