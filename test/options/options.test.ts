// Options and their environment variables: defaults, ranges, and errors that say what to change.

import { afterEach, describe, expect, test, vi } from "vitest";
import { unknownVariables } from "../../src/options/environment.ts";
import {
  DEFAULTS,
  type ErrorTreeOptions,
  isDisabled,
  knownVariables,
  OptionError,
  type Resolved,
  resolveOptions as resolveWith,
} from "../../src/options/options.ts";
import { createErrorTree, withErrorTree } from "../../src/setup.ts";
import type { TreeNode } from "../../src/tree/tree.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Option, variable, least, most. */
const NUMBERS = [
  ["headerBytes", "OTEL_ERROR_TREE_HEADER_BYTES", 64, 2048],
  ["maxSpansPerFragment", "OTEL_ERROR_TREE_MAX_SPANS_PER_FRAGMENT", 2, 1_000_000],
  ["maxFragments", "OTEL_ERROR_TREE_MAX_FRAGMENTS", 1, 10_000_000],
  ["maxBytesInFlight", "OTEL_ERROR_TREE_MAX_BYTES_IN_FLIGHT", 1_048_576, Number.MAX_SAFE_INTEGER],
  ["fragmentTimeoutMs", "OTEL_ERROR_TREE_FRAGMENT_TIMEOUT_MS", 1000, 2_147_483_647],
  ["maxQueuedSpans", "OTEL_ERROR_TREE_MAX_QUEUED_SPANS", 1, 10_000_000],
] as const;

/** Options in an environment that is right. */
function resolveOptions(options: ErrorTreeOptions = {}): Resolved {
  return resolveWith(options, (line) => expect.unreachable(line));
}

/** What is resolved, and what the log is told. */
function complaints(options: ErrorTreeOptions = {}): { options: Resolved; lines: string[] } {
  const lines: string[] = [];
  return { options: resolveWith(options, (line) => lines.push(line)), lines };
}

function errorOf(run: () => unknown): OptionError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionError);
    return error as OptionError;
  }
  throw new Error("no OptionError was thrown");
}

test("nothing said gives the defaults, and nobody is trusted", () => {
  expect(resolveOptions()).toStrictEqual(DEFAULTS);
  expect(DEFAULTS.trust).toBeUndefined();
});

test("every number of the defaults has a range here, and lies in it", () => {
  const numbers = Object.entries(DEFAULTS).filter(([, value]) => typeof value === "number");
  const ranged = [...NUMBERS.map(([name]) => name), "maxExportsPerSecond"];
  expect(numbers.map(([name]) => name).sort()).toEqual(ranged.sort());
  for (const [name, , least, most] of NUMBERS) {
    expect(DEFAULTS[name]).toBeGreaterThanOrEqual(least);
    expect(DEFAULTS[name]).toBeLessThanOrEqual(most);
  }
});

describe.each(NUMBERS)("%s", (name, variable, least, most) => {
  test("takes its bounds, in code and from the environment", () => {
    for (const value of [least, most]) {
      expect(resolveOptions({ [name]: value })[name]).toBe(value);
      vi.stubEnv(variable, String(value));
      expect(resolveOptions()[name]).toBe(value);
    }
  });

  test.each([least - 1, most + 1, least + 0.5, Number.NaN, Number.POSITIVE_INFINITY])(
    "refuses %s",
    (value) => {
      const { code, message } = errorOf(() => resolveOptions({ [name]: value }));
      expect(code).toBe("ERROR_TREE_OPTION");
      const got = Number.isFinite(value) ? String(value) : "(null|NaN|Infinity)";
      expect(message).toMatch(
        new RegExp(`^${name} must be an integer from ${least} to ${most}, got ${got} \\(number\\)$`),
      );
    },
  );

  test("refuses other types, naming value and type", () => {
    expect(errorOf(() => resolveOptions({ [name]: "7" } as unknown as ErrorTreeOptions)).message).toBe(
      `${name} must be an integer from ${least} to ${most}, got "7" (string)`,
    );
    expect(errorOf(() => resolveOptions({ [name]: null } as unknown as ErrorTreeOptions)).message).toBe(
      `${name} must be an integer from ${least} to ${most}, got null (object)`,
    );
  });

  test("tells a wrong variable by its name, and has its default, or what code says", () => {
    for (const text of ["many", String(most + 1), String(least - 1), "1,000", "1e999", "\u0661"]) {
      vi.stubEnv(variable, text);
      const fault = `${variable} must be an integer from ${least} to ${most}, got ${asciiOf(text)} (string)`;
      const byDefault = complaints();
      expect(byDefault.lines).toEqual([`${fault}; ${DEFAULTS[name]} holds instead`]);
      expect(byDefault.options).toEqual(DEFAULTS);
      const inCode = complaints({ [name]: most });
      expect(inCode.lines).toEqual([`${fault}; the option in code holds instead`]);
      expect(inCode.options[name]).toBe(most);
    }
  });

  test("an empty variable says nothing", () => {
    for (const text of ["", "  "]) {
      vi.stubEnv(variable, text);
      expect(resolveOptions()[name]).toBe(DEFAULTS[name]);
    }
  });
});

describe("trust", () => {
  test.each(["loopback", "private"] as const)("is %s, in code and from the environment", (trust) => {
    expect(resolveOptions({ trust }).trust).toBe(trust);
    vi.stubEnv("OTEL_ERROR_TREE_TRUST", trust);
    expect(resolveOptions().trust).toBe(trust);
  });

  test("refuses anything else", () => {
    const expected = '"loopback" or "private", or absent for nobody';
    for (const [value, shown] of [
      ["all", '"all" (string)'],
      [true, "true (boolean)"],
    ] as const) {
      expect(errorOf(() => resolveOptions({ trust: value } as unknown as ErrorTreeOptions)).message).toBe(
        `trust must be ${expected}, got ${shown}`,
      );
    }
    for (const text of ["everybody", "Loopback", "PRIVATE", "loopback,private", "loopback loopback"]) {
      vi.stubEnv("OTEL_ERROR_TREE_TRUST", text);
      expect(complaints()).toEqual({
        options: DEFAULTS,
        lines: [
          `OTEL_ERROR_TREE_TRUST must be ${expected}, got "${text}" (string); it counts as absent (nobody)`,
        ],
      });
    }
    vi.stubEnv("OTEL_ERROR_TREE_TRUST", " loopback\n");
    expect(resolveOptions().trust).toBe("loopback");
  });
});

describe("secret", () => {
  const one = "k1:0123456789abcdef0123456789abcdef";
  const other = "k2:fedcba9876543210fedcba9876543210";

  test("is one, or two in a list or with a comma between, and the variable gives way to code", () => {
    for (const secret of [one, `${one},${other}`, [one], [one, other]]) {
      expect(resolveOptions({ secret }).secret).toBe(secret);
    }
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", `${other}, ${one}`);
    expect(resolveOptions().secret).toBe(`${other}, ${one}`);
    expect(resolveOptions({ secret: one }).secret).toBe(one);
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", "  ");
    expect(resolveOptions().secret).toBeUndefined();
  });

  test("that is wrong is not shown", () => {
    for (const [text, fault, holds, kept] of [
      [`${one},hunter2`, "a second one without a colon", 'key id "k1" holds alone', [one]],
      [`hunter2,${other}`, "a first one without a colon", 'key id "k2" holds alone', [other]],
      [`${one},${other},${one}`, "3 of them", 'key id "k1" and "k2" holds alone', [one, other]],
      ["hunter2", "a first one without a colon", "no token is accepted, and none is sent", undefined],
      [
        "k1:hunter2",
        "a first one with a secret of 7 characters",
        "no token is accepted, and none is sent",
        undefined,
      ],
    ] as const) {
      vi.stubEnv("OTEL_ERROR_TREE_SECRET", text);
      const { options, lines } = complaints();
      expect(lines).toEqual([expect.stringMatching(/^OTEL_ERROR_TREE_SECRET must be "keyid:secret", /)]);
      expect(lines[0]).toContain(`, got ${fault}; ${holds}`);
      expect(lines[0]).not.toMatch(/hunter2|0123|fedc/);
      expect(options.secret).toEqual(kept);
    }
  });

  test("that is wrong in a variable gives way to one in code, and is told", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", "hunter2");
    const { options, lines } = complaints({ secret: one });
    expect(options.secret).toBe(one);
    expect(lines).toEqual([
      expect.stringMatching(
        /^OTEL_ERROR_TREE_SECRET .* got a first one without a colon; the option in code holds/,
      ),
    ]);
  });

  test("that was put into another variable is not shown", () => {
    for (const variable of knownVariables().filter((name) => !name.includes("SECRET"))) {
      for (const text of [one, one.slice(3), `x,${one}`]) {
        vi.stubEnv(variable, text);
        const { lines } = complaints();
        if (variable.endsWith("_DISABLED")) isDisabled((line) => lines.push(line));
        expect(lines.join("\n")).not.toContain("0123");
        vi.stubEnv(variable, undefined);
      }
    }
  });
});

describe.each([
  ["trustedPeers", "OTEL_ERROR_TREE_TRUSTED_PEERS", ["10.1.0.0/16", "2001:db8::7"], "10.1.0.0/33"],
  [
    "askHosts",
    "OTEL_ERROR_TREE_ASK_HOSTS",
    ["api.example.com", ".shop.example", "198.51.100.0/24"],
    "*.example.com",
  ],
] as const)("%s", (name, variable, list, wrong) => {
  test("is a list, in the environment with commas between", () => {
    expect(resolveOptions({ [name]: list })[name]).toEqual(list);
    expect(resolveOptions({ [name]: [] })[name]).toEqual([]);
    vi.stubEnv(variable, list.join(" , "));
    expect(resolveOptions()[name]).toEqual(list);
  });

  test("refuses anything else", () => {
    for (const value of [[...list, wrong], [7], list[0], true]) {
      expect(errorOf(() => resolveOptions({ [name]: value } as unknown as ErrorTreeOptions)).message).toMatch(
        new RegExp(`^${name} must be a list of .*, or absent for none, got `),
      );
    }
    for (const [text, kept, words] of [
      [`${list[0]},`, [list[0]], `"${list[0]}" holds instead`],
      [`${wrong}, ${list[0]}`, [list[0]], `"${list[0]}" holds instead`],
      [wrong, [], "an empty list holds instead"],
      [",", [], "an empty list holds instead"],
      [list.join(";"), [], "an empty list holds instead"],
    ] as const) {
      vi.stubEnv(variable, text);
      const { options, lines } = complaints();
      expect(options[name]).toEqual(kept);
      expect(lines).toEqual([expect.stringMatching(new RegExp(`^${variable} must be a list of .*, got `))]);
      expect(lines[0]).toContain(`; ${words}`);
    }
  });
});

describe.each([
  ["entry", "OTEL_ERROR_TREE_ENTRY"],
  ["messages", "OTEL_ERROR_TREE_MESSAGES", 'true, false or "template"'],
  ["frames", "OTEL_ERROR_TREE_FRAMES"],
  ["exportHandled", "OTEL_ERROR_TREE_EXPORT_HANDLED"],
  ["exportRejected", "OTEL_ERROR_TREE_EXPORT_REJECTED"],
] as const)("%s", (name, variable, expected: string = "true or false") => {
  test("is true or false, in any case and with spaces around in the environment", () => {
    expect(resolveOptions({ [name]: true })[name]).toBe(true);
    vi.stubEnv(variable, " True ");
    expect(resolveOptions()[name]).toBe(true);
    expect(resolveOptions({ [name]: false })[name]).toBe(false);
    vi.stubEnv(variable, "false");
    expect(resolveOptions()[name]).toBe(false);
  });

  test("refuses anything else", () => {
    expect(errorOf(() => resolveOptions({ [name]: 1 } as unknown as ErrorTreeOptions)).message).toBe(
      `${name} must be ${expected}, got 1 (number)`,
    );
    // Who sets one of these wants less told than as installed.
    const holds = name === "messages" || name === "frames" ? false : DEFAULTS[name];
    for (const text of ["yes", "1", "ture", "on"]) {
      vi.stubEnv(variable, text);
      expect(complaints()).toEqual({
        options: { ...DEFAULTS, [name]: holds },
        lines: [`${variable} must be ${expected}, got "${text}" (string); ${holds} holds instead`],
      });
    }
  });
});

test("messages may be the template alone", () => {
  expect(resolveOptions({ messages: "template" }).messages).toBe("template");
  vi.stubEnv("OTEL_ERROR_TREE_MESSAGES", " Template ");
  expect(resolveOptions().messages).toBe("template");
});

test("redact is a function, or rules: lists of texts and a hook", () => {
  const hook = (node: TreeNode): TreeNode => node;
  for (const redact of [hook, {}, { names: ["ref"], allow: [] }, { allow: ["ord_"], hook }]) {
    expect(resolveOptions({ redact }).redact).toBe(redact);
  }
  for (const redact of [
    null,
    [],
    "x",
    { names: "ref" },
    { names: [""] },
    { allow: [1] },
    { hook: 1 },
    { name: ["x"] },
  ]) {
    expect(errorOf(() => resolveOptions({ redact } as unknown as ErrorTreeOptions)).message).toMatch(
      /^redact must be a function \(node\) => node, or an object with lists of texts names and allow, and a function hook, or absent, got /,
    );
  }
});

describe("maxExportsPerSecond", () => {
  const expected = "an integer of at least 1, or Infinity";

  test("has no upper bound, and may be without limit in code and in the environment", () => {
    for (const value of [1, 1e9, Number.POSITIVE_INFINITY]) {
      expect(resolveOptions({ maxExportsPerSecond: value }).maxExportsPerSecond).toBe(value);
      vi.stubEnv("OTEL_ERROR_TREE_MAX_EXPORTS_PER_SECOND", String(value));
      expect(resolveOptions().maxExportsPerSecond).toBe(value);
    }
  });

  test.each([0, -1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY])("refuses %s", (value) => {
    expect(errorOf(() => resolveOptions({ maxExportsPerSecond: value })).message).toBe(
      `maxExportsPerSecond must be ${expected}, got ${value} (number)`,
    );
  });
});

describe("goodTraceIntervalMs", () => {
  const variable = "OTEL_ERROR_TREE_GOOD_TRACE_INTERVAL_MS";
  const expected = "an integer from 1000 to 2147483647, or absent for none";

  test("is absent by default, and takes its bounds in code and from the environment", () => {
    expect(resolveOptions().goodTraceIntervalMs).toBeUndefined();
    for (const value of [1000, 2_147_483_647]) {
      expect(resolveOptions({ goodTraceIntervalMs: value }).goodTraceIntervalMs).toBe(value);
      vi.stubEnv(variable, String(value));
      expect(resolveOptions().goodTraceIntervalMs).toBe(value);
    }
  });

  test.each([0, 999, 1000.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s", (value) => {
    for (const build of [resolveOptions, createErrorTree]) {
      expect(errorOf(() => build({ goodTraceIntervalMs: value })).message).toBe(
        `goodTraceIntervalMs must be ${expected}, got ${value} (number)`,
      );
    }
  });

  test.each(["10m", "0", "-1", "true"])("is off with the variable %s, and the log says so", (text) => {
    vi.stubEnv(variable, text);
    const { options, lines } = complaints();
    expect(options).not.toHaveProperty("goodTraceIntervalMs");
    expect(lines).toEqual([
      `${variable} must be ${expected}, got ${JSON.stringify(text)} (string); it counts as absent (none)`,
    ]);
  });
});

test("serverTiming that is wrong in the environment tells nobody", () => {
  for (const text of ["Everyone", "none", "trusted,everyone"]) {
    vi.stubEnv("OTEL_ERROR_TREE_SERVER_TIMING", text);
    const { options, lines } = complaints();
    expect(options.serverTiming).toBe("off");
    expect(lines).toEqual([
      `OTEL_ERROR_TREE_SERVER_TIMING must be "trusted" or "everyone" or "off", got "${text}" (string); "off" holds instead`,
    ]);
  }
});

describe("a variable of any kind", () => {
  const WILD = [
    ...[
      "\n",
      "\t",
      "\u00a0",
      "\u0000",
      "ü",
      "true\u0000",
      "\ud800",
      "\u202eevil",
      "💥",
      "-",
      "0x",
      "__proto__",
    ],
    ...["constructor", "[object Object]", "null", "undefined", "NaN", "-0", "1e400", "A".repeat(100_000)],
    ...["a,".repeat(50_000), "\u0007".repeat(1000), "true\nOTEL_ERROR_TREE_TRUST=private", "k1:a,k2:b,k3:c"],
  ];

  test.each(knownVariables())("%s with any text neither throws nor floods the log", (variable) => {
    for (const text of WILD) {
      vi.stubEnv(variable, text);
      const { options, lines } = complaints();
      isDisabled((line) => lines.push(line));
      expect(lines.length).toBeLessThan(2);
      for (const line of lines) {
        expect(line).toMatch(new RegExp(`^(?:the file of )?${variable} [ -~…]*$`));
        expect(line.length).toBeLessThan(700);
      }
      expect(options.trust).toBeUndefined();
      expect(options.secret).toBeUndefined();
      expect(options.headerBytes).toBe(DEFAULTS.headerBytes);
    }
  });
});

describe("variables that nobody knows", () => {
  test("are told in one line, with the nearest that is known, and without their values", () => {
    vi.stubEnv("OTEL_ERROR_TREE_TRUSTED_PEER", "10.0.0.0/8");
    vi.stubEnv("OTEL_ERROR_TREE_SECRETS", "k1:hunter2");
    vi.stubEnv("OTEL_ERRORTREE_TRUST", "private");
    vi.stubEnv("ERROR_TREE_HEADER_BYTES", "64");
    vi.stubEnv("OTEL_ERROR_TREE_REDACT", "none");
    vi.stubEnv("otel_error_tree_frames", "false");
    const line = unknownVariables(knownVariables());
    expect(line).toMatch(/^unknown variables have no effect: /);
    for (const [name, meant] of [
      ["OTEL_ERROR_TREE_TRUSTED_PEER", "OTEL_ERROR_TREE_TRUSTED_PEERS"],
      ["OTEL_ERROR_TREE_SECRETS", "OTEL_ERROR_TREE_SECRET"],
      ["OTEL_ERRORTREE_TRUST", "OTEL_ERROR_TREE_TRUST"],
      ["ERROR_TREE_HEADER_BYTES", "OTEL_ERROR_TREE_HEADER_BYTES"],
    ]) {
      expect(line).toContain(`"${name}" (is ${meant} meant?)`);
    }
    expect(line).toMatch(/ and 1 more$/);
    expect(line).not.toMatch(/hunter2|10\.0/);
  });

  test("that were options of an earlier version are named, and none is suggested that means something else", () => {
    vi.stubEnv("OTEL_ERROR_TREE_SETTLE_MS", "100");
    vi.stubEnv("OTEL_ERROR_TREE_FIRST_PER_KIND", "1");
    expect(unknownVariables(knownVariables())).toBe(
      'unknown variables have no effect: "OTEL_ERROR_TREE_SETTLE_MS", "OTEL_ERROR_TREE_FIRST_PER_KIND"',
    );
  });

  test("are not told when there are none, and those of others are not meant", () => {
    vi.stubEnv("OTEL_SERVICE_NAME", "shop");
    vi.stubEnv("ERRORS_TREE", "x");
    // Of the command, and what Kubernetes sets for a service of this name.
    vi.stubEnv("ERROR_TREE_OBSERVATORY_TOKEN", "x");
    vi.stubEnv("ERROR_TREE_OBSERVATORY_SERVICE_HOST", "10.0.0.7");
    for (const name of knownVariables()) vi.stubEnv(name, "x");
    expect(unknownVariables(knownVariables())).toBeUndefined();
  });

  test("have names of any length", () => {
    vi.stubEnv(`OTEL_ERROR_TREE_${"X".repeat(50_000)}`, "1");
    const line = unknownVariables(knownVariables());
    expect(line?.length).toBeLessThan(300);
  });
});

test("neverExport is a function, and has no variable", () => {
  const neverExport = (): boolean => true;
  expect(resolveOptions({ neverExport }).neverExport).toBe(neverExport);
  vi.stubEnv("OTEL_ERROR_TREE_NEVER_EXPORT", "all");
  expect(resolveOptions().neverExport).toBeUndefined();
  expect(errorOf(() => resolveOptions({ neverExport: "all" } as unknown as ErrorTreeOptions)).message).toBe(
    'neverExport must be a function (span) => boolean, or absent, got "all" (string)',
  );
});

/** A text as it is shown. */
function asciiOf(text: string): string {
  return JSON.stringify(text).replace("\u0661", "\\u0661");
}

test("an option that does not exist is refused, with those that do", () => {
  const { message } = errorOf(() => resolveOptions({ header: 1 } as ErrorTreeOptions));
  expect(message).toMatch(
    /^header must be one of the options secret, trust, trustedPeers, askHosts, entry, redact, messages, frames, redactSpans, headerBytes, .*maxQueuedSpans, spool, got/,
  );
});

test("options that are no object are refused, and not shown: it may be a secret", () => {
  for (const [options, got] of [
    [null, "null"],
    ["loopback", "string"],
    [7, "number"],
  ] as const) {
    expect(errorOf(() => resolveOptions(options as unknown as ErrorTreeOptions)).message).toBe(
      `options must be an object, got ${got}`,
    );
  }
});

test("an error over a number that is no finite one shows that number", () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    expect(errorOf(() => resolveOptions({ headerBytes: value })).message).toContain(`got ${value} (number)`);
  }
});

test("a value that cannot be written as JSON is refused like any other", () => {
  const loop: Record<string, unknown> = {};
  loop.self = loop;
  for (const value of [loop, 10n, Symbol("s"), () => 1]) {
    expect(errorOf(() => resolveOptions({ entry: value } as unknown as ErrorTreeOptions)).message).toMatch(
      /^entry must be true or false, got /,
    );
  }
});

test("both ways of setting up check the options, also where everything is switched off", () => {
  const wrong = { headerBytes: 1 };
  expect(errorOf(() => createErrorTree(wrong)).code).toBe("ERROR_TREE_OPTION");
  expect(errorOf(() => withErrorTree({}, wrong)).code).toBe("ERROR_TREE_OPTION");
  vi.stubEnv("OTEL_ERROR_TREE_DISABLED", "true");
  expect(errorOf(() => createErrorTree(wrong)).code).toBe("ERROR_TREE_OPTION");
  expect(errorOf(() => withErrorTree({}, wrong)).code).toBe("ERROR_TREE_OPTION");
});

describe("everything is off", () => {
  const unexpected = (line: string): void => expect.unreachable(line);

  test.each(["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"])("by %s=true", (variable) => {
    expect(isDisabled(unexpected)).toBe(false);
    vi.stubEnv(variable, " TRUE ");
    expect(isDisabled(unexpected)).toBe(true);
    vi.stubEnv(variable, "false");
    expect(isDisabled(unexpected)).toBe(false);
  });

  test("by nothing else: what is neither true nor false is told", () => {
    vi.stubEnv("OTEL_ERROR_TREE_DISABLED", "1");
    const lines: string[] = [];
    expect(isDisabled((line) => lines.push(line))).toBe(false);
    expect(lines).toEqual([
      'OTEL_ERROR_TREE_DISABLED must be true or false, got "1" (string); false holds instead',
    ]);
  });
});
