// What happens in the storm: the services, twenty ways to fail, and the requests that do not fail.
import type { Code } from "otel-error-tree";

// shop ─┬─ cart ─┬─ stock
//       │        └─ price
//       └─ pay ──┬─ bank
//                └─ risk      trusts nobody, so that its part of every trace is detached
export type ServiceName = "shop" | "cart" | "pay" | "stock" | "price" | "bank" | "risk";

/** Callees before their callers. */
export const SERVICES: readonly ServiceName[] = ["stock", "price", "bank", "risk", "cart", "pay", "shop"];
export const ENTRY = "shop";
/** Answers asks of nobody, as the library comes. */
export const DETACHED: ServiceName = "risk";

/** The one route of each service beneath the entry. */
export const ROUTES: Readonly<Record<Exclude<ServiceName, "shop">, string>> = {
  cart: "/items",
  stock: "/level",
  price: "/quote",
  pay: "/charge",
  bank: "/transfer",
  risk: "/score",
};

/** Names the request's script, by its index. */
export const SCRIPT_FIELD = "x-storm-script";
/** The entry tells when it answered, in milliseconds since the epoch, and in which trace. */
export const AT_FIELD = "x-storm-at";
export const TRACE_FIELD = "x-storm-trace";

/** Another service, a port on which nobody listens, or one that takes what comes and never answers. */
export type Peer = ServiceName | "refused" | "blackhole";

/** How a service fails by itself. */
export type Way =
  | { readonly how: "answers"; readonly status: number }
  | { readonly how: "throws" }
  | { readonly how: "throws inside"; readonly operation: string }
  | { readonly how: "fails under 200"; readonly code: Exclude<Code, "ok"> }
  /** Never answers; its caller leaves. */
  | { readonly how: "hangs" }
  | { readonly how: "resets" }
  /** Breaks off in the body of a 200. */
  | { readonly how: "cuts" };

/** What one service does with a request. */
export interface Step {
  /** Called at the same time. */
  readonly calls?: readonly Peer[];
  /** How often a failed call is made. @default 1 */
  readonly attempts?: number;
  /** How long a call may take. */
  readonly patienceMs?: number;
  /** Status of the answer when a call failed. @default 502 */
  readonly passesOn?: number;
  /** What comes after calls that went well. */
  readonly own?: Way;
}

/** One sort of request, from the entry down. */
export interface Script {
  readonly title: string;
  /** Route of the entry. */
  readonly route: string;
  /** Status of the entry's answer. */
  readonly status: number;
  /** Service and code of the root cause; several where it is chance which of two failures came first. */
  readonly causes: readonly string[];
  readonly steps: Readonly<Partial<Record<ServiceName, Step>>>;
}

/** Long enough for any call on a machine that is busy. */
export const LONG_MS = 20_000;
const SHORT_MS = 150;

const answers = (status: number): Step => ({ own: { how: "answers", status } });
const viaPay = (pay: Step, passesOn: number): Script["steps"] => ({
  shop: { calls: ["pay"], passesOn },
  pay,
});
const viaCart = (cart: Step, passesOn: number): Script["steps"] => ({
  shop: { calls: ["cart"], passesOn },
  cart,
});

/** Twenty kinds of failures: other operations, causes, codes and depths. */
export const FAILURES: readonly Script[] = [
  {
    title: "bank throws",
    route: "/checkout",
    status: 503,
    causes: ["bank internal"],
    steps: { ...viaPay({ calls: ["bank"] }, 503), bank: { own: { how: "throws" } } },
  },
  {
    title: "bank's 403 is a 500 at pay",
    route: "/checkout",
    status: 500,
    causes: ["bank permission-denied"],
    steps: { ...viaPay({ calls: ["bank"], passesOn: 500 }, 500), bank: answers(403) },
  },
  {
    title: "bank hangs, pay gives up",
    route: "/checkout",
    status: 504,
    causes: ["pay deadline-exceeded"],
    steps: {
      ...viaPay({ calls: ["bank"], passesOn: 504, patienceMs: SHORT_MS }, 504),
      bank: { own: { how: "hangs" } },
    },
  },
  {
    title: "risk fails, opaque to pay",
    route: "/checkout",
    status: 502,
    causes: ["pay internal"],
    steps: { ...viaPay({ calls: ["bank", "risk"] }, 502), risk: answers(500) },
  },
  {
    title: "bank resets the connection",
    route: "/refund",
    status: 502,
    causes: ["pay unavailable"],
    steps: { ...viaPay({ calls: ["bank"] }, 502), bank: { own: { how: "resets" } } },
  },
  {
    title: "pay calls a refused port",
    route: "/refund",
    status: 503,
    causes: ["pay unavailable"],
    steps: viaPay({ calls: ["refused"], passesOn: 503 }, 503),
  },
  {
    title: "pay throws in an inner span",
    route: "/refund",
    status: 500,
    causes: ["pay internal"],
    steps: viaPay({ own: { how: "throws inside", operation: "compute fee" } }, 500),
  },
  {
    title: "stock's 404 is a 500 at cart",
    route: "/cart",
    status: 500,
    causes: ["stock not-found"],
    steps: { ...viaCart({ calls: ["stock"], passesOn: 500 }, 500), stock: answers(404) },
  },
  {
    title: "409 on the whole way, a 500 at shop",
    route: "/cart",
    status: 500,
    causes: ["stock already-exists"],
    steps: { ...viaCart({ calls: ["stock"], passesOn: 409 }, 500), stock: answers(409) },
  },
  {
    title: "price hangs, cart gives up",
    route: "/cart",
    status: 504,
    causes: ["cart deadline-exceeded"],
    steps: {
      ...viaCart({ calls: ["price"], passesOn: 504, patienceMs: SHORT_MS }, 504),
      price: { own: { how: "hangs" } },
    },
  },
  {
    title: "429 on the whole way, a 503 at shop",
    route: "/cart",
    status: 503,
    causes: ["price resource-exhausted"],
    steps: { ...viaCart({ calls: ["price"], passesOn: 429 }, 503), price: answers(429) },
  },
  {
    title: "cart throws",
    route: "/cart",
    status: 500,
    causes: ["cart internal"],
    steps: viaCart({ own: { how: "throws" } }, 500),
  },
  {
    title: "stock answers 501",
    route: "/search",
    status: 500,
    causes: ["stock unimplemented"],
    steps: { ...viaCart({ calls: ["stock"], passesOn: 501 }, 500), stock: answers(501) },
  },
  {
    title: "shop fails under 200",
    route: "/search",
    status: 200,
    causes: ["shop data-loss"],
    steps: {
      shop: { calls: ["cart"], own: { how: "fails under 200", code: "data-loss" } },
      cart: { calls: ["stock"] },
    },
  },
  {
    title: "shop calls a refused port",
    route: "/search",
    status: 503,
    causes: ["shop unavailable"],
    steps: { shop: { calls: ["refused"], passesOn: 503 } },
  },
  {
    title: "shop throws",
    route: "/search",
    status: 500,
    causes: ["shop internal"],
    steps: { shop: { own: { how: "throws" } } },
  },
  {
    title: "price breaks off in its body",
    route: "/search",
    status: 502,
    causes: ["cart unavailable"],
    steps: { ...viaCart({ calls: ["price"] }, 502), price: { own: { how: "cuts" } } },
  },
  {
    title: "both branches fail",
    route: "/orders/:id",
    status: 500,
    causes: ["stock unavailable", "bank internal"],
    steps: {
      shop: { calls: ["cart", "pay"], passesOn: 500 },
      cart: { calls: ["stock"], passesOn: 503 },
      stock: answers(503),
      pay: { calls: ["bank"] },
      bank: answers(500),
    },
  },
  {
    title: "shop calls a black hole",
    route: "/orders/:id",
    status: 504,
    causes: ["shop deadline-exceeded"],
    steps: { shop: { calls: ["blackhole"], passesOn: 504, patienceMs: SHORT_MS } },
  },
  {
    title: "stock's 503, tried twice",
    route: "/orders/:id",
    status: 503,
    causes: ["stock unavailable"],
    steps: { ...viaCart({ calls: ["stock"], attempts: 2, passesOn: 503 }, 503), stock: answers(503) },
  },
];

/** Requests that are answered well. */
export const FINE: readonly Script[] = [
  {
    title: "search",
    route: "/search",
    status: 200,
    causes: [],
    steps: viaCart({ calls: ["stock", "price"] }, 502),
  },
  {
    title: "checkout",
    route: "/checkout",
    status: 200,
    causes: [],
    steps: viaPay({ calls: ["bank", "risk"] }, 502),
  },
  {
    title: "order",
    route: "/orders/:id",
    status: 200,
    causes: [],
    steps: {
      shop: { calls: ["cart", "pay"] },
      cart: { calls: ["stock", "price"] },
      pay: { calls: ["bank", "risk"] },
    },
  },
];

/** A 404 on the whole way: nobody has failed. */
export const REJECTED: Script = {
  title: "404 on the whole way",
  route: "/cart",
  status: 404,
  causes: ["stock not-found"],
  steps: { ...viaCart({ calls: ["stock"], passesOn: 404 }, 404), stock: answers(404) },
};

/** Answered well above a failure. */
export const HANDLED: Script = {
  title: "cart does without a price",
  route: "/cart",
  status: 200,
  causes: ["price internal"],
  steps: { ...viaCart({ calls: ["stock", "price"], passesOn: 200 }, 502), price: answers(500) },
};

/** All of them; a request names its own by the index. */
export const SCRIPTS: readonly Script[] = [...FAILURES, ...FINE, REJECTED, HANDLED];

/** True where the service's caller gets no answer, or one that went out before the failure. */
export function fallsSilent(script: Script | undefined, service: string): boolean {
  const how = script?.steps[service as ServiceName]?.own?.how;
  return how === "hangs" || how === "resets" || how === "cuts";
}
