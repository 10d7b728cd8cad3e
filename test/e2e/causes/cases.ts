// The programs, and the cause that the author of each would name.

/** What the author says of a request to the program. */
export interface ProgramCase {
  /** The file among `programs`. */
  readonly program: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly verdict: "failed" | "rejected" | "handled";
  readonly cause: Cause;
  /** Another request of the same kind goes ahead, and is under way still. */
  readonly behindAnother?: true;
}

/** The node that has to be the root cause: service and operation, and what tells it from others of that name. */
export interface Cause {
  readonly service: string;
  readonly operation: string;
  /** The framework's span that stands for it where nothing is folded. */
  readonly layer?: string;
  /** `error.type` of the node. */
  readonly errorType?: string;
  /** The author is not sure, either. */
  readonly ambiguous?: true;
}

function request(program: string, target: string, status: number, cause: Cause): ProgramCase {
  const [method = "", path = ""] = target.split(" ");
  return { program, method, path, status, verdict: "failed", cause };
}

/** A failure of another service. */
function of(service: string, operation: string): Cause {
  return { service, operation };
}

/** A failure of the program itself, or of a call that nobody answers. */
function own(operation: string, errorType?: string, layer?: string): Cause {
  return {
    service: "shop",
    operation,
    ...(errorType === undefined ? undefined : { errorType }),
    ...(layer === undefined ? undefined : { layer }),
  };
}

const EXPRESS = "request handler";
const FASTIFY = "handler - fastify -> @fastify/otel";

/** All of them. */
export const CASES: readonly ProgramCase[] = [
  request("express-promise-all", "GET /page", 500, of("prices", "GET /busy/:what")),
  request("express-optional-then-mistake", "GET /item", 500, own("GET /item", "TypeError", EXPRESS)),
  request("express-mistake", "GET /price", 500, own("GET /price", "TypeError", EXPRESS)),
  request("express-missing-as-data", "GET /page", 500, own("GET /page", "TypeError", EXPRESS)),
  request("express-fire-and-forget", "POST /orders", 500, own("POST /orders", "PriceError", EXPRESS)),
  request("express-fire-and-forget-said", "POST /orders", 500, own("POST /orders", "PriceError", EXPRESS)),
  request("express-error-middleware", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("express-saga", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("express-saga-undo-fails", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("express-audit-in-catch", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("express-timer", "GET /page", 503, { ...own("GET /page"), ambiguous: true }),
  request("express-timer-says-why", "GET /page", 500, own("GET /page", "Error", EXPRESS)),
  request("express-timer-late-failure", "GET /page", 503, { ...own("GET /page"), ambiguous: true }),
  {
    ...request("express-single-flight", "GET /price", 500, {
      ...own("GET /price", "Error", EXPRESS),
      ambiguous: true,
    }),
    behindAnother: true,
  },
  request("fastify-promise-all", "GET /home", 503, of("users", "GET /busy/:what")),
  request("fastify-wrapped", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("fastify-retry", "POST /orders", 500, own("POST /orders", "Error", FASTIFY)),
  request("fastify-axios-status", "GET /page", 503, of("prices", "GET /busy/:what")),
  request("fastify-bad-json", "GET /price", 500, own("GET /price", "SyntaxError", FASTIFY)),
  request("koa-wrapped", "POST /orders", 500, of("pay", "POST /busy/:what")),
  request("koa-error-json", "GET /price", 500, of("prices", "GET /busy/:what")),
  request("koa-all-settled", "GET /home", 500, of("users", "GET /fails/:what")),
  request("koa-got", "GET /page", 500, of("prices", "GET /busy/:what")),
  request("http-refused", "GET /", 502, own("GET", "ECONNREFUSED")),
  request("http-callbacks", "GET /", 502, of("stock", "GET /fails/:what")),
  request("http-fallback", "GET /", 500, of("stock", "GET /fails/:what")),
  request("http-hedge", "GET /", 500, of("stock", "GET /fails/:what")),
  request("http-timeout", "GET /", 504, own("GET", "TimeoutError")),
  {
    ...request("http-retry-succeeds", "GET /", 200, of("stock", "GET /flaky/:what")),
    verdict: "handled",
  },
  request("http-retry-fails", "GET /", 503, of("stock", "GET /busy/:what")),
  {
    ...request("http-rejection", "GET /", 404, of("stock", "GET /missing/:what")),
    verdict: "rejected",
  },
  request("http-handed-on", "GET /", 500, of("stock", "GET /fails/:what")),
  request("http-optional-said", "GET /", 500, own("GET")),
  request("http-compensation-said", "POST /", 500, of("pay", "POST /busy/:what")),
  request("pg-rollback", "POST /orders", 500, own("pg.query:INSERT postgres", "23503")),
  request("pg-rollback-silent", "GET /", 500, own("pg.query:INSERT postgres", "23503")),
  request("pg-pool-exhausted", "GET /", 500, own("pg-pool.connect")),
  request("pg-upsert-then-fails", "POST /customers", 500, own("pg.query:INSERT postgres", "42P01")),
  request("pg-down", "GET /report", 500, own("pg.connect", "ECONNREFUSED")),
  request("pg-cache-then-database", "GET /item", 500, own("pg.query:SELECT postgres", "42703")),
];
