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

const nextRow = (kind: string, path: string, operation: string): Row => {
  return { name: `Next.js, ${kind}`, folder: "next", path, operation, isNext: true };
};

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
  nextRow("route handler", "/pay/7", "GET /pay/[id]"),
  nextRow("page", "/page/7", "GET /page/[id]"),
  nextRow("API of the Pages Router", "/api/pay/7", "GET /api/pay/[id]"),
];

/** Packages that no web framework is, and that our interceptors are made for; their programs are only compiled. */
export const PEERS: readonly Pick<Row, "name" | "folder">[] = [
  { name: "gRPC", folder: "grpc" },
  { name: "ConnectRPC", folder: "connect" },
];
