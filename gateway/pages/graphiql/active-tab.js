import { StorageAPI } from '@graphiql/toolkit';

import { exampleTabs } from './examples.js';

/** The tab that was in front at the last visit, as GraphiQL stored it in *storage*; the first example at the first one. */
export function activeTab(storage) {
  try {
    const { tabs, activeTabIndex } = JSON.parse(new StorageAPI(storage).get('tabState'));
    return tabs[activeTabIndex] ?? exampleTabs[0];
  } catch {
    return exampleTabs[0];
  }
}
