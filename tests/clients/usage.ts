// What a program in TypeScript does with the generated types; it is checked and never run.
import { GraphQLClient } from 'graphql-request';

import { ChartDocument, PageDocument, type WindowQuery, WindowDocument } from './generated/client/graphql.js';

const client = new GraphQLClient('/graphql');

const { candles } = await client.request(ChartDocument);
export const closes: number[] = candles?.columns.close ?? [];
export const upper: (number | null)[] = candles?.columns.bollinger?.upper ?? [];

const window: WindowQuery = await client.request(WindowDocument, { symbol: 'ACME', last: 30, period: 14 });
export const averages: (number | null | undefined)[] = window.candles?.bars.map((bar) => bar.average) ?? [];
export const times: string[] = window.candles?.bars.map((bar) => bar.time) ?? [];

const page = await client.request(PageDocument, { first: 2 });
export const cursor: string | null | undefined = page.instruments?.pageInfo.endCursor;

// @ts-expect-error A window needs the number of its bars.
await client.request(WindowDocument, { symbol: 'ACME' });
// @ts-expect-error Nothing of that name was asked for.
export const nothing = candles?.columns.volume;
