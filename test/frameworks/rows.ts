// Lists the frameworks, and what a failing request of each has to tell.

/** A framework, installed from the manifest in the folder of that name. */
export interface Row {
  readonly name: string;
  readonly folder: string;
  readonly path: string;
  /** Body of the request; without one it is a GET. */
  readonly body?: string;
  readonly operation: string;
  /** The program is built first, and started by the framework's own command. */
  readonly isNext?: true;
}

const REST = { path: "/pay/7", operation: "GET /pay/:id" };
const GRAPHQL = { path: "/graphql", body: JSON.stringify({ query: "{ pay(id: 7) }" }) };

export const ROWS: readonly Row[] = [
  { name: "Express 5", folder: "express5", ...REST },
  { name: "Express 4", folder: "express4", ...REST },
  { name: "Fastify", folder: "fastify", ...REST },
  { name: "Koa", folder: "koa", ...REST, operation: "GET /pay/:id" },
  { name: "Hono", folder: "hono", ...REST },
  { name: "NestJS", folder: "nestjs", ...REST },
  { name: "NestJS over Fastify", folder: "nest-fastify", ...REST },
  { name: "GraphQL Yoga", folder: "yoga", ...GRAPHQL, operation: "POST /graphql" },
  // The standalone server answers on every path: there is no route.
  { name: "Apollo Server", folder: "apollo", ...GRAPHQL, operation: "POST" },
  { name: "Next.js", folder: "next", path: "/pay/7", operation: "GET /pay/[id]", isNext: true },
];
