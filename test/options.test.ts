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
  ["maxQueuedSpans", "OTEL_ERROR_TREE_MAX_QUEUED_SPANS", 1, 10_000_000],
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
  expect(numbers.map(([name]) => name).sort()).toEqual(NUMBERS.map(([name]) => name).sort());
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
  test("is loopback or absent, in code and from the environment", () => {
    expect(resolveOptions({ trust: "loopback" }).trust).toBe("loopback");
    vi.stubEnv("OTEL_ERROR_TREE_TRUST", "loopback");
    expect(resolveOptions().trust).toBe("loopback");
  });

  test("refuses anything else", () => {
    const expected = '"loopback", or absent for nobody';
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

describe("entry", () => {
  test("is true or false, in any case and with spaces around in the environment", () => {
    expect(resolveOptions({ entry: true }).entry).toBe(true);
    vi.stubEnv("OTEL_ERROR_TREE_ENTRY", " True ");
    expect(resolveOptions().entry).toBe(true);
    expect(resolveOptions({ entry: false }).entry).toBe(false);
    vi.stubEnv("OTEL_ERROR_TREE_ENTRY", "false");
    expect(resolveOptions().entry).toBe(false);
  });

  test("refuses anything else", () => {
    expect(errorOf(() => resolveOptions({ entry: 1 } as unknown as ErrorTreeOptions)).message).toBe(
      "entry must be true or false, got 1 (number)",
    );
    vi.stubEnv("OTEL_ERROR_TREE_ENTRY", "yes");
    expect(errorOf(() => resolveOptions()).message).toBe(
      'OTEL_ERROR_TREE_ENTRY must be true or false, got "yes" (string)',
    );
  });
});

test("an option that does not exist is refused, with those that do", () => {
  const { message } = errorOf(() => resolveOptions({ header: 1 } as ErrorTreeOptions));
  expect(message).toMatch(
    /^header must be one of the options trust, entry, headerBytes, .*exportTimeoutMs, got/,
  );
});

test("options that are no object are refused", () => {
  for (const options of [null, "loopback", 7]) {
    expect(errorOf(() => resolveOptions(options as unknown as ErrorTreeOptions)).message).toMatch(
      /^options must be an object, got /,
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
