// A service on Apollo Server, as its users write one.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { apolloErrorTree } from "otel-error-tree/graphql";
import { isByHand, pay } from "./pay.mjs";

const server = new ApolloServer({
  typeDefs: "type Query { pay(id: ID!): String }",
  resolvers: {
    Query: {
      pay: async (_parent, { id }) => {
        return await pay(id);
      },
    },
  },
  plugins: isByHand ? [apolloErrorTree()] : [],
});
startStandaloneServer(server, { listen: { port: 0, host: "127.0.0.1" } }).then(({ url }) =>
  console.log(`listens on ${new URL(url).port}`),
);
