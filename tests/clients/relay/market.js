// What relay-compiler reads: operations, and a connection that grows page by page.
import { graphql } from 'relay-runtime';

export const window = graphql`
  query marketWindowQuery($symbol: String!, $last: Int!, $period: Int!) {
    candles(symbol: $symbol, interval: D1, last: $last) {
      source
      columns {
        timestamp
        close
        rsi(period: $period)
        bollinger(deviations: 1.5) {
          upper
          lower
        }
      }
      bars {
        time
        close
        average: ema(period: $period)
      }
    }
  }
`;

export const partial = graphql`
  query marketPartialQuery($known: String!, $unknown: String!) {
    known: candles(symbol: $known, last: 1) {
      count
    }
    unknown: candles(symbol: $unknown, last: 1) {
      count
    }
  }
`;

export const page = graphql`
  query marketPageQuery($first: Int!) {
    ...market_instruments @arguments(first: $first)
  }
`;

export const instruments = graphql`
  fragment market_instruments on Query
  @refetchable(queryName: "marketNextPageQuery")
  @argumentDefinitions(first: { type: "Int!" }, after: { type: "String" }) {
    instruments(first: $first, after: $after) @connection(key: "market_instruments") {
      totalCount
      edges {
        node {
          id
          symbol
        }
      }
    }
  }
`;
