// What a metrics endpoint tells, in the text format of Prometheus.

/** Series by their full names, as `up{job="a"}`. */
export class Samples {
  readonly #values: ReadonlyMap<string, number>;

  constructor(text: string) {
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    this.#values = new Map(
      lines.map((line) => {
        const end = line.lastIndexOf("}") < 0 ? line.indexOf(" ") : line.lastIndexOf("}") + 1;
        return [line.slice(0, end), Number(line.slice(end).trim().split(" ")[0])];
      }),
    );
  }

  /** Names of the metrics, without labels. */
  get names(): string[] {
    return [...new Set([...this.#values.keys()].map(nameOf))];
  }

  /** Sum of the series of a metric whose labels contain all these texts; 0 where there is none. */
  sum(name: string, ...labels: string[]): number {
    let sum = 0;
    for (const [series, value] of this.#values) {
      if (nameOf(series) === name && labels.every((label) => series.includes(label))) sum += value;
    }
    return sum;
  }
}

export async function readMetrics(url: string): Promise<Samples> {
  return new Samples(await (await fetch(url)).text());
}

function nameOf(series: string): string {
  return series.split("{", 1)[0] as string;
}
