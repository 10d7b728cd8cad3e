// The adapter with the types of GraphQL Yoga: no list of plugins needs a cast.
import { createSchema, createYoga, type Plugin } from "graphql-yoga";
import { yogaErrorTree } from "otel-error-tree/graphql";

interface Context {
  user: string;
}

const plugin: Plugin = yogaErrorTree();
const typeDefs = "type Query { pay(id: ID!): String }";
createYoga({ schema: createSchema({ typeDefs }), plugins: [yogaErrorTree(), plugin] });
createYoga<Context>({
  schema: createSchema<Context>({
    typeDefs,
    resolvers: { Query: { pay: (_parent, _arguments, { user }) => user } },
  }),
  plugins: [yogaErrorTree()],
});
