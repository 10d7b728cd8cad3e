// The doctor run inside the test's process, by any clock.
import { type DoctorOptions, doctor } from "../../../src/cli/doctor/doctor.ts";
import type { Finding, UrlReport } from "../../../src/cli/doctor/finding.ts";

/** What a run found. */
export interface Examined {
  readonly code: number;
  readonly urls: readonly UrlReport[];
  readonly chain: readonly Finding[];
}

/** Runs `otel-error-tree doctor --format json`. */
export async function runDoctor(
  urls: readonly string[],
  options: Partial<DoctorOptions> = {},
  now?: () => number,
): Promise<Examined> {
  let printed = "";
  const code = await doctor(
    urls,
    {
      ...{ secret: undefined, method: "GET", header: [], data: undefined, timeout: 10 },
      ...{ colour: false, width: 120 },
      ...options,
      format: "json",
    },
    { out: (text) => (printed += text) },
    now,
  );
  return { code, ...JSON.parse(printed) };
}

/** `mark text` of every finding of a check at the first URL. */
export function said({ urls }: Examined, check: Finding["check"]): string[] {
  const findings = urls[0]?.findings ?? [];
  return findings.filter((finding) => finding.check === check).map(({ mark, text }) => `${mark} ${text}`);
}
