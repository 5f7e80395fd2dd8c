// GraphiQL for this gateway: the API is at the page's own address, also behind a path prefix.
import { explorerPlugin } from '@graphiql/plugin-explorer';
import { createGraphiQLFetcher, createLocalStorage } from '@graphiql/toolkit';
import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { createRoot } from 'react-dom/client';

import './workers.js';
import './style.css';
import { activeTab } from './active-tab.js';
import { exampleTabs } from './examples.js';

const endpoint = window.location.pathname;
// Subscriptions go over a WebSocket to the same address, which is opened for the first of them.
const subscriptionUrl = new URL(endpoint, window.location.href.replace(/^http/, 'ws')).href;
const fetcher = createGraphiQLFetcher({ url: endpoint, subscriptionUrl });
const storage = createLocalStorage({ namespace: `signal-gateway:${endpoint}` });
// GraphiQL stores a tab before the texts of its editors; without these, a reload would open another, empty tab.
const { query, variables } = activeTab(storage);
// Made once: GraphiQL takes a new list for a change of plugins.
const plugins = [HISTORY_PLUGIN, explorerPlugin()];

createRoot(document.getElementById('page')).render(
  <GraphiQL
    fetcher={fetcher}
    storage={storage}
    plugins={plugins}
    defaultTabs={exampleTabs}
    initialQuery={query ?? ''}
    initialVariables={variables ?? ''}
    defaultEditorToolsVisibility="variables"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>Signal Gateway</GraphiQL.Logo>
  </GraphiQL>,
);
