// Rules made from quality attributes, by the real promtool: every alert can fire, and none does as long as all is well.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { requirePrograms } from "../../../collector-config/run/single.ts";
import type { Objective, ObjectiveEntry } from "../../../src/observatory/objectives/objective.ts";
import { type ObjectivesFile, readObjectives } from "../../../src/observatory/objectives/read-objectives.ts";
import { ALERTS, canFire } from "../../../src/observatory/objectives/rules/burn-rates.ts";
import { withoutRules } from "../../../src/observatory/objectives/rules/rule-warnings.ts";
import { writeRules } from "../../../src/observatory/objectives/rules/write-rules.ts";
import { checkRules, type RuleTest, type Traffic, testRules } from "./promtool.ts";

const EXAMPLE = readFileSync(new URL("../../../examples/quality.yaml", import.meta.url), "utf8");
const MANY = `
objectives:
  checkout -> payment:
    - 95% within 200ms
    - 99% within 1s
    - 99.9% succeed
  "* -> db": 99.9% succeed
  'say "hi" -> a\\b': 99% succeed
  "web.*[1] -> x$": 99% succeed
  search -> *: { keep: 90% within 10s, least: 100 }
  slow -> *: 50% within 5s
`;

beforeAll(() => requirePrograms("promtool"));

function read(text: string): ObjectivesFile {
  const file = readObjectives(text);
  expect(file.problems).toEqual([]);
  return file;
}

const rulesOf = (text: string, selector = ""): string => writeRules(read(text), "quality.yaml", selector);

/** Traffic of which this share is bad, for one objective. */
function traffic(
  entry: ObjectiveEntry,
  objective: Objective,
  bad: number,
  more: Partial<Traffic> = {},
): Traffic {
  const name = (pattern: string): string => pattern.replaceAll("*", "any-1");
  const { measure } = objective;
  const phase = measure.kind === "within" ? { minutes: 12, late: bad } : { minutes: 12, failed: bad };
  const le = measure.kind === "within" ? { le: String(measure.seconds) } : {};
  return {
    client: name(entry.edge.client),
    server: name(entry.edge.server),
    phases: [phase],
    ...le,
    ...more,
  };
}

/** What fires for an objective if its budget burns so many times as fast as it may. */
function firing(
  entry: ObjectiveEntry,
  objective: Objective,
  { client, server, connectionType = "" }: Traffic,
  times: number,
) {
  const { measure, share, text } = objective;
  return ALERTS.filter(({ rates }) =>
    rates.some((rate) => canFire(share, rate) && times * 10 > rate.tenths),
  ).map(({ name, severity }) => ({
    alertname: name,
    severity,
    edge: entry.text,
    objective: text,
    client,
    server,
    connection_type: connectionType,
    ...(measure.kind === "within" ? { within: measure.text } : {}),
  }));
}

/** For each objective that has rules: fires at each rate that it can have, and not below. */
function testsOf({ objectives, bounds }: ObjectivesFile): RuleTest[] {
  return objectives.entries.flatMap((entry) =>
    entry.objectives
      .filter((objective) => withoutRules(objective, bounds) === undefined)
      .flatMap((objective) =>
        [0, 0.9, 2, 4, 7, 16].flatMap((times): RuleTest[] => {
          const bad = ((1_000_000 - objective.share) / 1_000_000) * times;
          if (bad > 1) return [];
          const edge = traffic(entry, objective, bad);
          const expected = [{ minute: 10, firing: firing(entry, objective, edge, times) }];
          return [{ name: `${entry.text}: ${objective.text} at ${times}`, traffic: [edge], expected }];
        }),
      ),
  );
}

describe.each([
  ["of the example", EXAMPLE],
  ["of many kinds", MANY],
])("rules %s", (_, text) => {
  test("are rules", () => {
    const { exitCode, printed } = checkRules(rulesOf(text));
    expect(printed).toContain("SUCCESS");
    expect(exitCode).toBe(0);
  });

  test("fire at every rate that an objective can have, and at no lower one", () => {
    const tests = testsOf(read(text));
    expect(tests.length).toBeGreaterThan(20);
    for (const { name, severity } of ALERTS) {
      const fired = tests.flatMap(({ expected }) => expected.flatMap((one) => one.firing));
      expect(fired).toContainEqual(expect.objectContaining({ alertname: name, severity }));
    }
    expect(testRules(rulesOf(text), tests)).toEqual({
      exitCode: 0,
      printed: expect.stringContaining("SUCCESS"),
    });
  });
});

const PAYMENT = "objectives:\n  checkout -> payment: 99% succeed\n";
const LATE = "objectives:\n  checkout -> payment: 95% within 1s\n";
const payment: Traffic = { client: "checkout", server: "payment", phases: [{ minutes: 60 }] };
const page = {
  alertname: "ObjectiveBurnsFast",
  severity: "page",
  edge: "checkout -> payment",
  client: "checkout",
  server: "payment",
  connection_type: "",
};
const ticket = { ...page, alertname: "ObjectiveBurnsSlowly", severity: "ticket" };
const PASSES = { exitCode: 0, printed: expect.stringContaining("SUCCESS") };

describe("an alert", () => {
  test("fires soon after trouble began, and ends soon after it has ended", () => {
    const objective = "99% succeed";
    const phases = [{ minutes: 400 }, { minutes: 15, failed: 1 }, { minutes: 60 }];
    const expected = [
      { minute: 399, firing: [] },
      // Six minutes are 10 % of an hour, less than 14.4 %, and 1.5 % of all that there is, more than 1 %.
      { minute: 405, firing: [{ ...ticket, objective }] },
      {
        minute: 412,
        firing: [
          { ...page, objective },
          { ...ticket, objective },
        ],
      },
      // The page has ended; a day's budget is spent all the same.
      { minute: 450, firing: [{ ...ticket, objective }] },
    ];
    const tests = [{ name: "an outage", traffic: [{ ...payment, phases }], expected }];
    expect(testRules(rulesOf(PAYMENT), tests)).toEqual(PASSES);
  });

  test("says nothing of too few requests", () => {
    const few = { ...payment, phases: [{ minutes: 60, failed: 1 }], requestsAMinute: 1 };
    const objective = "99% succeed";
    const tests = [
      {
        name: "one a minute",
        traffic: [few],
        expected: [
          { minute: 15, firing: [] },
          {
            minute: 40,
            firing: [
              { ...page, objective },
              { ...ticket, objective },
            ],
          },
        ],
      },
    ];
    expect(testRules(rulesOf(PAYMENT), tests)).toEqual(PASSES);
  });

  test("of what is more specific wins over that of a pattern, and none silences it", () => {
    const rules = rulesOf(
      'objectives:\n  "* -> db": 99.9% succeed\n  batch -> db: 50% succeed\n  old -> db: none\n',
    );
    const edges = ["checkout", "batch", "old"].map((client) => ({
      ...payment,
      client,
      server: "db",
      connectionType: "database",
      phases: [{ minutes: 60, failed: 0.3 }],
    }));
    const alert = {
      edge: "* -> db",
      objective: "99.9% succeed",
      client: "checkout",
      server: "db",
      connection_type: "database",
    };
    const tests = [
      {
        name: "all",
        traffic: edges,
        expected: [
          {
            minute: 30,
            firing: [
              { ...page, ...alert },
              { ...ticket, ...alert },
            ],
          },
        ],
      },
    ];
    expect(testRules(rules, tests)).toEqual(PASSES);
  });

  test("goes by the server's time if there is any, else by the caller's", () => {
    const objective = "95% within 1s";
    const late = { ...payment, le: "1", phases: [{ minutes: 60, late: 1 }] };
    const both = { objective, within: "1s" };
    const fires = [
      {
        minute: 30,
        firing: [
          { ...page, ...both },
          { ...ticket, ...both },
        ],
      },
    ];
    const tests = [
      { name: "server", traffic: [late], expected: fires },
      { name: "as Prometheus 3 writes bounds", traffic: [{ ...late, le: "1.0" }], expected: fires },
      { name: "client", traffic: [{ ...late, side: "client" as const }], expected: fires },
      {
        name: "both",
        traffic: [
          { ...late, side: "client" as const },
          { ...late, phases: [{ minutes: 60 }] },
        ],
        expected: [{ minute: 30, firing: [] }],
      },
    ];
    // A series is given once: what both sides have is the total.
    const last = tests.at(-1) as RuleTest;
    const once = {
      ...last,
      traffic: [last.traffic[0] as Traffic, { ...(last.traffic[1] as Traffic), labels: { instance: "2" } }],
    };
    expect(testRules(rulesOf(LATE), [...tests.slice(0, -1), once])).toEqual(PASSES);
  });

  test("adds up what the connector tells apart, and what several instances count", () => {
    const objective = "99% succeed";
    const parts: Traffic[] = [
      { ...payment, labels: { instance: "a", failed: "false" } },
      { ...payment, labels: { instance: "b", failed: "true" }, phases: [{ minutes: 60, failed: 1 }] },
    ];
    const fires = [
      {
        minute: 30,
        firing: [
          { ...page, objective },
          { ...ticket, objective },
        ],
      },
    ];
    const tests = [{ name: "parts", traffic: parts, expected: fires }];
    expect(testRules(rulesOf(PAYMENT), tests)).toEqual(PASSES);
  });

  test("with a selector sees only what it selects", () => {
    const bad = [{ minutes: 60, failed: 1 }];
    const objective = "99% succeed";
    const jobs = (job: string): Traffic => ({ ...payment, phases: bad, labels: { job } });
    const tests = [
      { name: "other", traffic: [jobs("services")], expected: [{ minute: 30, firing: [] }] },
      {
        name: "selected",
        traffic: [jobs("collector")],
        expected: [
          {
            minute: 30,
            firing: [
              { ...page, objective },
              { ...ticket, objective },
            ],
          },
        ],
      },
    ];
    expect(testRules(rulesOf(PAYMENT, 'job="collector"'), tests)).toEqual(PASSES);
  });
});

test("promtool finds a rule whose labels match nothing: these tests can fail", () => {
  const broken = rulesOf(LATE).replaceAll('le=~"1|1\\\\.0"', 'le="1.00"');
  expect(broken).toContain('le="1.00"');
  const { exitCode } = checkRules(broken);
  expect(exitCode).toBe(0);
  const file = read(LATE);
  expect(testRules(broken, testsOf(file)).exitCode).toBe(1);
});
