// The adapter with the types of Apollo Server: no list of plugins needs a cast.
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { apolloErrorTree } from "otel-error-tree/graphql";

interface Context {
  user: string;
}

const plugin: ApolloServerPlugin = apolloErrorTree();
const typeDefs = "type Query { pay(id: ID!): String }";
new ApolloServer({ typeDefs, plugins: [apolloErrorTree(), plugin] });
new ApolloServer<Context>({
  typeDefs,
  resolvers: { Query: { pay: (_parent: unknown, _arguments: unknown, { user }: Context) => user } },
  plugins: [apolloErrorTree()],
});
