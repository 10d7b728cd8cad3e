// Options and their environment variables: defaults, ranges, and errors that say what to change.
import { afterEach, describe, expect, test, vi } from "vitest";
import { DEFAULTS, type ErrorTreeOptions, isDisabled, OptionError, resolveOptions } from "../src/options.ts";
import { createErrorTree, withErrorTree } from "../src/setup.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Option, variable, least, most. */
const NUMBERS = [
  ["headerBytes", "OTEL_ERROR_TREE_HEADER_BYTES", 64, 2048],
  ["maxSpansPerFragment", "OTEL_ERROR_TREE_MAX_SPANS_PER_FRAGMENT", 2, 1_000_000],
  ["maxFragments", "OTEL_ERROR_TREE_MAX_FRAGMENTS", 1, 10_000_000],
  ["fragmentTimeoutMs", "OTEL_ERROR_TREE_FRAGMENT_TIMEOUT_MS", 1000, 2_147_483_647],
  ["settleMs", "OTEL_ERROR_TREE_SETTLE_MS", 0, 2_147_483_647],
  ["maxNovelPerMinute", "OTEL_ERROR_TREE_MAX_NOVEL_PER_MINUTE", 1, 100_000],
  ["firstPerKind", "OTEL_ERROR_TREE_FIRST_PER_KIND", 1, 1_000],
  ["kindIntervalMs", "OTEL_ERROR_TREE_KIND_INTERVAL_MS", 0, 2_147_483_647],
  ["maxKinds", "OTEL_ERROR_TREE_MAX_KINDS", 1, 1_000_000],
  ["maxQueuedSpans", "OTEL_ERROR_TREE_MAX_QUEUED_SPANS", 1, 10_000_000],
  ["maxQueuedBytes", "OTEL_ERROR_TREE_MAX_QUEUED_BYTES", 65_536, 17_179_869_184],
  ["exportDelayMs", "OTEL_ERROR_TREE_EXPORT_DELAY_MS", 0, 2_147_483_647],
  ["exportTimeoutMs", "OTEL_ERROR_TREE_EXPORT_TIMEOUT_MS", 1, 2_147_483_647],
] as const;

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

  test("refuses a wrong variable by the variable's name, unless code says it", () => {
    vi.stubEnv(variable, "many");
    expect(errorOf(() => resolveOptions()).message).toBe(
      `${variable} must be an integer from ${least} to ${most}, got "many" (string)`,
    );
    expect(resolveOptions({ [name]: most })[name]).toBe(most);
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
    vi.stubEnv("OTEL_ERROR_TREE_TRUST", "everybody");
    expect(errorOf(() => resolveOptions()).message).toBe(
      `OTEL_ERROR_TREE_TRUST must be ${expected}, got "everybody" (string)`,
    );
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
    vi.stubEnv("OTEL_ERROR_TREE_SECRET", `${one},hunter2`);
    const { message } = errorOf(() => resolveOptions());
    expect(message).toMatch(
      /^OTEL_ERROR_TREE_SECRET must be "keyid:secret", .*, got a second one without a colon$/,
    );
    expect(message).not.toMatch(/hunter2|0123/);
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
    vi.stubEnv(variable, `${list[0]},`);
    expect(errorOf(() => resolveOptions()).message).toContain(`got "${list[0]}," (string)`);
  });
});

describe.each([
  ["entry", "OTEL_ERROR_TREE_ENTRY"],
  ["messages", "OTEL_ERROR_TREE_MESSAGES"],
  ["frames", "OTEL_ERROR_TREE_FRAMES"],
  ["exportHandled", "OTEL_ERROR_TREE_EXPORT_HANDLED"],
  ["exportRejected", "OTEL_ERROR_TREE_EXPORT_REJECTED"],
] as const)("%s", (name, variable) => {
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
      `${name} must be true or false, got 1 (number)`,
    );
    vi.stubEnv(variable, "yes");
    expect(errorOf(() => resolveOptions()).message).toBe(
      `${variable} must be true or false, got "yes" (string)`,
    );
  });
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

describe("synthesizedAttributes", () => {
  test("is a list, in the environment with commas between", () => {
    expect(resolveOptions({ synthesizedAttributes: ["error.type"] }).synthesizedAttributes).toEqual([
      "error.type",
    ]);
    vi.stubEnv("OTEL_ERROR_TREE_SYNTHESIZED_ATTRIBUTES", "error.type, error_tree.code");
    expect(resolveOptions().synthesizedAttributes).toEqual(["error.type", "error_tree.code"]);
    expect(resolveOptions({ synthesizedAttributes: [] }).synthesizedAttributes).toEqual([]);
  });

  test("refuses anything else", () => {
    const expected = "a list of attribute names, or absent for all";
    expect(
      errorOf(() => resolveOptions({ synthesizedAttributes: "x" } as unknown as ErrorTreeOptions)).message,
    ).toBe(`synthesizedAttributes must be ${expected}, got "x" (string)`);
    vi.stubEnv("OTEL_ERROR_TREE_SYNTHESIZED_ATTRIBUTES", "a,,b");
    expect(errorOf(() => resolveOptions()).message).toBe(
      `OTEL_ERROR_TREE_SYNTHESIZED_ATTRIBUTES must be ${expected}, got "a,,b" (string)`,
    );
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

test("an option that does not exist is refused, with those that do", () => {
  const { message } = errorOf(() => resolveOptions({ header: 1 } as ErrorTreeOptions));
  expect(message).toMatch(
    /^header must be one of the options secret, trust, trustedPeers, askHosts, entry, redact, messages, frames, headerBytes, .*exportTimeoutMs, got/,
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
  test.each(["OTEL_SDK_DISABLED", "OTEL_ERROR_TREE_DISABLED"])("by %s=true", (variable) => {
    expect(isDisabled()).toBe(false);
    vi.stubEnv(variable, " TRUE ");
    expect(isDisabled()).toBe(true);
    vi.stubEnv(variable, "false");
    expect(isDisabled()).toBe(false);
  });
});
