// Makes pictures of 3, 30 and 300 nodes, the same ones from the same seed.
import type { ConnectionType } from "../../../src/observatory/graph/edge.ts";
import type {
  Doubts,
  Picture,
  PictureEdge,
  PictureNode,
  State,
} from "../../../src/observatory/graph/picture.ts";

/** When the pictures were made, in milliseconds since the epoch. */
export const NOW: number = Date.UTC(2026, 10, 28, 12, 0, 0);

export const NO_DOUBTS: Doubts = {
  silent: [],
  droppedEdges: 0,
  unreadable: { count: 0 },
  outOfTime: 0,
  notes: [],
};

/** An edge that is healthy, unless it says something else. */
export function edge(client: string, server: string, fields: Partial<PictureEdge> = {}): PictureEdge {
  const requests = fields.requests ?? 600;
  const durations = fields.durations ?? { p50: 0.012, p95: 0.045, p99: 0.08 };
  return {
    client,
    server,
    connectionType: "",
    requests,
    failures: 0,
    durations,
    clientDurations: scaled(durations, 1.08),
    context: { arrived: requests, missing: 0, foreign: 0 },
    isInferred: false,
    state: "ok",
    judgements: [],
    ...fields,
  };
}

/** A picture of these edges, of the minute before {@link NOW}. */
export function pictureOf(edges: readonly PictureEdge[], fields: Partial<Picture> = {}): Picture {
  const at = fields.at ?? NOW;
  return {
    from: at - 60_000,
    to: at,
    at,
    newest: at - 400,
    windowSeconds: 5,
    oldest: at - 30 * 60_000,
    nodes: nodesOf(edges, at),
    edges,
    doubts: NO_DOUBTS,
    ...fields,
  };
}

/** The three services of the demo, with their user. */
export function smallPicture(paymentState: State = "fail"): Picture {
  const isFailing = paymentState === "fail";
  return pictureOf([
    edge("user", "checkout", {
      requests: 720,
      failures: isFailing ? 31 : 0,
      state: isFailing ? "warn" : "ok",
      context: foreign(720),
    }),
    edge("checkout", "payment", {
      requests: 718,
      failures: isFailing ? 62 : 0,
      durations: isFailing ? { p50: 0.09, p95: 0.82, p99: 1.4 } : { p50: 0.03, p95: 0.11, p99: 0.19 },
      state: paymentState,
      judgements: [
        { text: "95% within 200ms", state: paymentState, kept: isFailing ? 0.912 : 0.998, line: 4 },
      ],
    }),
    edge("payment", "bank", {
      requests: 655,
      failures: isFailing ? 60 : 0,
      state: paymentState,
      context: { arrived: 590, missing: 65, foreign: 0 },
      durations: { p50: 0.02, p95: 0.09, p99: 0.12 },
    }),
  ]);
}

const SHOP: readonly (readonly [client: string, server: string, perSecond: number, type?: ConnectionType])[] =
  [
    ["user", "edge-gateway", 480],
    ["edge-gateway", "web-frontend", 260],
    ["edge-gateway", "mobile-bff", 180],
    ["web-frontend", "search", 140],
    ["web-frontend", "catalog", 210],
    ["web-frontend", "cart", 90],
    ["web-frontend", "recommendations", 120],
    ["mobile-bff", "catalog", 150],
    ["mobile-bff", "cart", 70],
    ["mobile-bff", "notifications", 12],
    ["search", "search-index", 160],
    ["search", "catalog", 40],
    ["catalog", "catalog-db", 300, "database"],
    ["catalog", "catalog-cache", 520, "database"],
    ["catalog", "pricing", 240],
    ["recommendations", "profile", 110],
    ["recommendations", "feature-store", 130],
    ["profile", "profile-db", 115, "database"],
    ["cart", "cart-cache", 150, "database"],
    ["cart", "checkout", 24],
    ["cart", "pricing", 60],
    ["checkout", "payment", 23],
    ["checkout", "inventory", 24],
    ["checkout", "tax", 24],
    ["checkout", "orders", 22],
    ["payment", "fraud-check", 23],
    ["payment", "bank-gateway", 21],
    ["bank-gateway", "api.acquirer.example", 21, "virtual_node"],
    ["inventory", "inventory-db", 60, "database"],
    ["orders", "orders-db", 44, "database"],
    ["orders", "order-events", 22, "messaging_system"],
    ["order-events", "warehouse", 21, "messaging_system"],
    ["order-events", "notifications", 21, "messaging_system"],
    ["notifications", "mail.provider.example", 18, "virtual_node"],
    ["warehouse", "inventory", 15],
    ["pricing", "pricing-db", 80, "database"],
    ["fraud-check", "feature-store", 22],
  ];

/** A shop of 30 nodes: its inventory's database is slow, its cart loses the context. */
export function shopPicture(): Picture {
  return pictureOf(
    SHOP.map(([client, server, perSecond, connectionType = ""], i) => {
      const requests = perSecond * 60;
      const p95 = 0.006 * (1 + ((i * 37) % 23));
      const isPeer = connectionType === "database" || connectionType === "virtual_node";
      const fields: Partial<PictureEdge> = {
        requests,
        connectionType,
        durations: { p50: p95 / 3, p95, p99: p95 * 1.7 },
        context:
          isPeer || client === "user" ? foreign(requests) : { arrived: requests, missing: 0, foreign: 0 },
        isInferred: server === "warehouse",
      };
      return edge(client, server, { ...fields, ...troubleOf(client, server, requests) });
    }),
    {
      doubts: { ...NO_DOUBTS, silent: ["tax"], unreadable: { count: 3, first: 'line 12: no field "node"' } },
    },
  );
}

function troubleOf(client: string, server: string, requests: number): Partial<PictureEdge> {
  const slow = { p50: 0.21, p95: 1.9, p99: 3.2 };
  switch (`${client} ${server}`) {
    case "inventory inventory-db":
      return {
        failures: Math.round(requests * 0.11),
        durations: slow,
        state: "fail",
        judgements: [{ text: "99.9% succeed", state: "fail", kept: 0.89, line: 9 }],
      };
    case "checkout inventory":
      return { failures: Math.round(requests * 0.1), durations: slow, state: "fail" };
    case "cart checkout":
      return {
        failures: Math.round(requests * 0.024),
        state: "warn",
        judgements: [{ text: "95% within 300ms", state: "warn", kept: 0.944, line: 3 }],
      };
    case "web-frontend cart":
      return {
        context: { arrived: Math.round(requests * 0.88), missing: Math.round(requests * 0.12), foreign: 0 },
      };
    case "warehouse inventory":
      return { clockAhead: 3.2 };
    case "checkout tax":
      return {
        requests: 0,
        durations: {},
        clientDurations: {},
        context: { arrived: 0, missing: 0, foreign: 0 },
        state: "unobserved",
      };
    default:
      return {};
  }
}

/** So many nodes in layers, fed from a user through some gateways; a few of them fail, and fail those before them. */
export function largePicture(count: number): Picture {
  let state = 42;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const rates = new Map<number, number>([[0, 60 * 2_400]]);
  const edges: PictureEdge[] = [];
  const callers = new Map<number, number[]>();
  for (let i = 1; i < count; i++) {
    // The number of nodes grows by a factor from layer to layer: a node is called by one of the layer before.
    const near = i <= 4 ? 0 : Math.floor((i - 1) / 3.4);
    const from = new Set([
      near,
      ...(random() < 0.45 ? [Math.max(0, near - 1)] : []),
      ...(random() < 0.3 ? [near + 1] : []),
    ]);
    callers.set(i, [...from]);
    for (const caller of from) {
      const requests = Math.max(1, Math.round((rates.get(caller) ?? 60) * (0.1 + 0.5 * random() ** 2)));
      rates.set(i, (rates.get(i) ?? 0) + requests);
      const p95 = 0.004 + 0.2 * random() ** 2;
      edges.push(
        edge(nameOf(caller), nameOf(i), { requests, durations: { p50: p95 / 3, p95, p99: p95 * 1.8 } }),
      );
    }
  }
  const bad = new Map<string, number>();
  for (const start of [57, 143, 211].filter((i) => i < count)) {
    let share = 0.3;
    for (let i = start; i > 0; i = callers.get(i)?.[0] ?? 0) {
      bad.set(`${nameOf(callers.get(i)?.[0] ?? 0)} ${nameOf(i)}`, share);
      share *= 0.45;
    }
  }
  return pictureOf(
    edges.map((one) => {
      const share = bad.get(`${one.client} ${one.server}`) ?? 0;
      const standing: State = share > 0.05 ? "fail" : share > 0.01 ? "warn" : "ok";
      return { ...one, failures: Math.round(one.requests * share), state: standing };
    }),
  );
}

function nameOf(i: number): string {
  if (i === 0) return "user";
  const round = Math.floor(i / (AREAS.length * PARTS.length));
  return `${AREAS[i % AREAS.length]}-${PARTS[Math.floor(i / AREAS.length) % PARTS.length]}${round === 0 ? "" : `-${round + 1}`}`;
}

const AREAS = [
  "order",
  "payment",
  "catalog",
  "search",
  "profile",
  "shipping",
  "pricing",
  "fraud",
  "media",
  "mail",
  "stock",
  "ledger",
  "session",
  "report",
  "partner",
];
const PARTS = ["api", "worker", "gateway", "sync", "store", "events", "admin", "cache", "batch", "proxy"];

/** Names that would be markup in a page which is not careful. */
export function hostilePicture(): Picture {
  const names = HOSTILE_NAMES;
  return pictureOf(
    names.slice(1).map((name, i) =>
      edge(names[i] as string, name, {
        failures: 60,
        state: "fail",
        judgements: [
          { text: "<b>95%</b> within <script>alert(2)</script>", state: "fail", kept: 0.1, line: 1 },
        ],
      }),
    ),
    {
      doubts: {
        ...NO_DOUBTS,
        silent: [HOSTILE_NAMES[0] as string],
        notes: ["<img src=x onerror=alert(3)> does not answer."],
        unreadable: { count: 1, first: "<svg onload=alert(4)>" },
      },
    },
  );
}

export const HOSTILE_NAMES: readonly string[] = [
  "<img src=x onerror=alert(1)>",
  '"><script>alert(1)</script>',
  "javascript:alert(1)",
  "</title></style><svg/onload=alert(1)>",
  "a\u202eb\u0000c\u0007d",
  "__proto__",
  "x".repeat(300),
  "{{constructor.constructor('alert(1)')()}}",
];

function nodesOf(edges: readonly PictureEdge[], at: number): PictureNode[] {
  const names = [...new Set(edges.flatMap(({ client, server }) => [client, server]))].sort();
  return names.map((name): PictureNode => {
    const leading = edges.filter(({ server }) => server === name);
    const type = leading[0]?.connectionType ?? "";
    const kind = name === "user" ? "user" : KINDS[type];
    const isService = kind === "service";
    const states = leading.map(({ state }) => state);
    const worst = (["fail", "warn", "ok"] as const).find((one) => states.includes(one)) ?? "unobserved";
    return { name, kind, state: worst, ...(isService && { lastSeen: at - 900 }) };
  });
}

const KINDS: Readonly<Record<ConnectionType, PictureNode["kind"]>> = {
  "": "service",
  database: "database",
  messaging_system: "messaging_system",
  virtual_node: "peer",
};

function foreign(requests: number): PictureEdge["context"] {
  return { arrived: 0, missing: 0, foreign: requests };
}

function scaled(
  { p50 = 0, p95 = 0, p99 = 0 }: PictureEdge["durations"],
  by: number,
): PictureEdge["durations"] {
  return p95 === 0 ? {} : { p50: p50 * by, p95: p95 * by, p99: p99 * by };
}
