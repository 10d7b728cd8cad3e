// Finds the program's own frames in stack traces of Java, .NET, Python, Go, Ruby, PHP and Elixir.

/** How the frames of a language look, and which of them are those of its runtime and of packages. */
interface Language {
  /** Groups: `where`, and if it stands apart `what`. */
  readonly frame: RegExp;
  readonly foreign: RegExp;
  /** The frame of the error comes last. */
  readonly innermostLast?: true;
}

const LANGUAGES: readonly Language[] = [
  {
    // at com.shop.Orders.get(Orders.java:42), in PHP's SDK too
    frame: /^\s*at (?:[\w.@-]*\/)*(?<what>[\w$.<>\\]+)\((?<where>[\w.-]+:\d+)\)$/,
    foreign:
      /^(?:java|javax|jakarta|jdk|sun|com\.sun|kotlin|kotlinx|scala|groovy|org\.(?:springframework|apache|eclipse|hibernate|postgresql|jboss|codehaus)|io\.(?:netty|grpc|opentelemetry|undertow|vertx|micrometer|quarkus|lettuce)|reactor|okhttp3|retrofit2|feign|brave|com\.(?:zaxxer|mysql|fasterxml|google\.common))\./,
  },
  {
    // at Shop.Orders.Get(Int32 id) in /src/Orders.cs:line 42
    frame: /^\s*at (?<what>[^(]{1,200})\([^)]*\) in (?<where>.+:line \d+)$/,
    foreign: /^(?:System|Microsoft|Grpc|Npgsql|OpenTelemetry|MassTransit)\./,
  },
  {
    frame: /^\s*File "(?<where>[^"]+", line \d+), in (?<what>.+)$/,
    foreign: /site-packages|dist-packages|\/lib\/python\d|<frozen |<string>/,
    innermostLast: true,
  },
  {
    // The function stands in the line above.
    frame: /^\t(?<where>\S+\.go:\d+)(?: \+0x[0-9a-f]+)?$/,
    foreign: /\/pkg\/mod\/|\/go\/src\/|\/vendor\/|\/usr\/lib\/go/,
  },
  {
    frame: /^\s*(?:from |\d+: from )?(?<where>[^\s:][^:]*:\d+):in [`'](?<what>[^`']+)'/,
    foreign: /\/gems\/|\/lib\/ruby\/|<internal:/,
  },
  {
    // (shop 0.1.0) lib/shop/cart.ex:7: Shop.Cart.total/1
    frame: /^\s*\((?:\w+)(?: [\w.+-]+)?\) (?<where>\S+\.(?:exs?|erl):\d+): (?<what>.+)$/,
    foreign:
      /^(?:anonymous fn\/\d+ in )?(?:Enum|Kernel|GenServer|Task|Plug|Phoenix|Ecto|Bandit|Absinthe|:\w+)\b|^(?:\/|deps\/)/,
  },
  {
    frame: /^#\d+ (?<where>\S+\(\d+\)): (?<what>.+)$/,
    foreign: /\/vendor\//,
  },
];

/** Where the part of the outer error ends, or begins, in a text that holds several errors. */
const NEXT_ERROR =
  /\n(?=Caused by: )|\n\n(?:The above exception was the direct cause of|During handling of the above exception)/;

/** The program's own frames, innermost first, at most `most`; empty if the text has none in a form that is known. */
export function foreignFrames(stack: string, most: number): string[] {
  const frames: string[] = [];
  const parts = stack.split(NEXT_ERROR);
  // In Java the innermost error comes last.
  if (stack.includes("\nCaused by: ")) parts.reverse();
  for (const part of parts) {
    const lines = part.split("\n");
    const language = LANGUAGES.find(({ frame }) => lines.some((line) => frame.test(line)));
    if (language === undefined) continue;
    const own = lines.flatMap((line, i) => frameIn(line, lines[i - 1], language) ?? []);
    for (const frame of language.innermostLast ? own.reverse() : own) {
      if (!frames.includes(frame)) frames.push(frame);
    }
  }
  return frames.slice(0, most);
}

function frameIn(line: string, above: string | undefined, { frame, foreign }: Language): string | undefined {
  const groups = frame.exec(line)?.groups;
  if (groups === undefined) return undefined;
  const where = (groups.where as string).replace(/", line |:line /, ":");
  const what = groups.what ?? (above ?? "").replace(/\([^()]*\)$/, "").trim();
  return foreign.test(groups.what === undefined ? where : `${what} ${where}`) || foreign.test(where)
    ? undefined
    : `${what} (${where})`;
}
