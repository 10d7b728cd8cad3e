// A service on GraphQL Yoga, as its users write one.
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { yogaErrorTree } from "otel-error-tree/graphql";
import { isByHand, pay } from "./pay.mjs";

const schema = createSchema({
  typeDefs: "type Query { pay(id: ID!): String }",
  resolvers: {
    Query: {
      pay: async (_parent, { id }) => {
        return await pay(id);
      },
    },
  },
});
const yoga = createYoga({ schema, logging: false, plugins: isByHand ? [yogaErrorTree()] : [] });
const server = createServer(yoga);
server.listen(0, "127.0.0.1", () => console.log(`listens on ${server.address().port}`));
