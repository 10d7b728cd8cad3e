// Who has a trusted address but is not who it seems: browsers that a name was bound to this host for, and proxies.
import { Harm } from "../harm.ts";
import type { Result, Row } from "../row.ts";
import { STRANGER, STRANGER_V6, type Stage, type Victim, type Visit } from "../stage.ts";

const ASK = "v=1, f=json";
const BROKEN = { job: "status", args: { status: 500 }, ask: ASK } as const;

type Try = Pick<Visit, "lines" | "host" | "path" | "from" | "to" | "ask">;

interface Kind {
  readonly attack: string;
  readonly tries: readonly Try[];
  readonly needsNamespace?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

const LOOPBACK = { OTEL_ERROR_TREE_TRUST: "loopback" };
const PRIVATE = { OTEL_ERROR_TREE_TRUST: "private" };
const PEERS = { OTEL_ERROR_TREE_TRUSTED_PEERS: "127.0.0.0/8,::1" };

/** What proxies, balancers and networks of delivery add. */
const FORWARDING = [
  "Forwarded",
  "X-Forwarded-For",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "X-Forwarded",
  "Forwarded-For",
  "X-Real-IP",
  "Via",
  "CF-Connecting-IP",
  "CF-Ray",
  "True-Client-IP",
  "X-Client-IP",
  "X-Cluster-Client-IP",
  "Fastly-Client-IP",
  "X-Envoy-External-Address",
  "X-Original-Forwarded-For",
  "CDN-Loop",
  "Client-IP",
  "X-Amzn-Trace-Id",
  "X-Azure-ClientIP",
];

const KINDS: readonly Kind[] = [
  {
    attack: "a name that was bound to this host",
    tries: [
      "evil.example",
      "evil.example:8080",
      "localhost.evil.example",
      "evil.example.localhost.com",
      "127.0.0.1.evil.example",
      "127.0.0.1.nip.io",
      "LOCALHOST.EVIL.EXAMPLE",
      "evil.example.",
      "user@localhost",
      "localhost:80@evil.example",
      "localhost, evil.example",
      "198.51.100.7",
      "[2001:db8::7]",
      "2a00",
      "",
      "localhost/evil.example",
      "localhost:evil.example",
    ].map((host) => ({ host })),
  },
  {
    attack: "a name that was bound to this host, and whole URLs",
    tries: [
      { host: "localhost", path: "http://evil.example/" },
      { host: "evil.example", path: "http://localhost/" },
      { host: "localhost", lines: ["host: evil.example"] },
    ],
  },
  {
    attack: "pages of browsers",
    tries: [
      ["origin: http://evil.example"],
      ["origin: null"],
      ["origin: http://localhost"],
      ["Origin:"],
      ["sec-fetch-site: same-origin"],
      ["sec-fetch-site: cross-site"],
      ["Sec-Fetch-Site: none"],
      ["SEC-FETCH-SITE: same-site", "sec-fetch-mode: no-cors"],
    ].map((lines) => ({ lines })),
  },
  {
    attack: "pages of browsers at a name that was bound to this host",
    tries: [
      { host: "evil.example", lines: ["origin: http://evil.example:8080", "sec-fetch-site: same-origin"] },
    ],
  },
  ...[LOOPBACK, PRIVATE, PEERS].map(
    (env): Kind => ({
      attack: `fields of proxies, ${Object.entries(env).join().replace(",", "=")}`,
      env,
      tries: FORWARDING.flatMap((name) => [
        { lines: [`${name}: 127.0.0.1`] },
        { lines: [`${name.toUpperCase()}: x`] },
        { lines: [`${name}:`] },
      ]),
    }),
  ),
  {
    attack: "a field of a proxy behind 900 others, and behind 1,900",
    tries: [900, 1_900].map((others) => ({
      lines: [...Array.from({ length: others }, (_, i) => `a: ${i % 10}`), "x-forwarded-for: 203.0.113.9"],
    })),
  },
  {
    attack: "a stranger's address",
    needsNamespace: true,
    env: PRIVATE,
    tries: [
      { from: STRANGER, to: "127.0.0.1" },
      { from: STRANGER, to: STRANGER },
      { from: STRANGER_V6, to: STRANGER_V6, host: "[::1]" },
      { from: "203.0.113.9", to: "127.0.0.1", host: "127.0.0.1" },
    ],
  },
];

async function victimOf(stage: Stage, env: Readonly<Record<string, string>>): Promise<Victim> {
  return stage.once(`addresses ${JSON.stringify(env)}`, () => stage.victim(env));
}

async function attack(
  stage: Stage,
  { tries, env = LOOPBACK, needsNamespace = false }: Kind,
): Promise<Result> {
  if (needsNamespace && stage.noStrangers !== undefined) return { skipped: stage.noStrangers };
  const victim = await victimOf(stage, env);
  const harm = new Harm();
  let refusedByNode = 0;
  for (const one of tries) {
    const { status, answers } = await victim.visit({ ...BROKEN, ...one });
    if (status === 400 || status === 431) refusedByNode++;
    if (answers.length > 0) harm.add("answered", describe(one), answers.join());
    else if (status !== 500 && status !== 400 && status !== 431)
      harm.add(`status ${status}`, describe(one), "");
  }
  return {
    seen: `${tries.length} requests, ${harm.size} answered, ${refusedByNode} refused by node itself`,
    harm: harm.lines(),
  };
}

function describe({ host, path, lines = [], from }: Try): string {
  const parts = [
    path,
    host === undefined ? undefined : `Host: ${host}`,
    lines.at(-1),
    from && `from ${from}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

/** Whom the rule means is answered. */
async function control(stage: Stage): Promise<Result> {
  const harm: string[] = [];
  const asks: Try[] = [
    {},
    { host: "127.0.0.1" },
    { host: "127.0.0.1:8080" },
    { host: "LocalHost:80" },
    { host: "[::1]:80" },
    { host: "svc.internal" },
    { host: "checkout:8080" },
    { lines: ["sec-fetch-mode: cors"] },
    { lines: Array.from({ length: 50 }, (_, i) => `b${i}: c`) },
  ];
  for (const env of [LOOPBACK, PRIVATE, PEERS]) {
    const victim = await victimOf(stage, env);
    for (const one of asks) {
      const { answers } = await victim.visit({ ...BROKEN, ...one });
      if (!answers.join().startsWith("{")) harm.push(`not answered: ${JSON.stringify(env)} ${describe(one)}`);
    }
  }
  return { seen: `${asks.length * 3} asks, ${harm.length} not answered`, harm };
}

export const ADDRESS_ROWS: readonly Row[] = [
  {
    point: "addresses",
    attack: "none: who is meant, with a Host that we would ask",
    expected: "answered",
    run: control,
  },
  ...KINDS.map(
    (kind): Row => ({
      point: "addresses",
      attack: kind.attack,
      expected: "no answer",
      run: (stage) => attack(stage, kind),
    }),
  ),
];
