// Runs the command `doctor`: asks running services, and says what works there, as far as it can be seen from outside.
import { SECRETS_EXPECTED, type Secret, secretFault, secretsOf } from "../../trust/secrets.ts";
import { InputError } from "../input/input-error.ts";
import type { Terminal } from "../render.ts";
import { readUrl, shownUrl } from "../target.ts";
import { answerFindings } from "./answer-findings.ts";
import { chainFindings } from "./chain.ts";
import { answeringService, type Examination, examine, isReached, treeOf } from "./examine.ts";
import type { Finding, UrlReport } from "./finding.ts";
import { findingsText, reportText, summaryText } from "./report-text.ts";
import {
  cacheFindings,
  clockFindings,
  contextFindings,
  headerFindings,
  headFindings,
  reachedFindings,
  treeFindings,
} from "./response-findings.ts";
import { messageFindings, setUpFindings } from "./set-up-findings.ts";
import { readMethod, readTargetFields } from "./target.ts";

/** The options of the command. */
export interface DoctorOptions {
  /** One secret, or two, as `OTEL_ERROR_TREE_SECRET` has them. */
  readonly secret: string | undefined;
  readonly method: string;
  /** Fields, each `Name: value`. */
  readonly header: readonly string[];
  readonly data: string | undefined;
  /** Time limit of one request, in seconds. */
  readonly timeout: number;
  readonly format: "text" | "json";
  readonly colour: boolean;
  readonly width: number;
}

const EXIT_WELL = 0;
const EXIT_WRONG = 1;
const EXIT_UNREACHED = 2;

/**
 * Examines the URLs one after the other, and prints what it found.
 *
 * @param now - the clock, in milliseconds since the epoch
 * @returns the exit code: 0, 1 if something is wrong, 2 if a URL could not be reached
 * @throws InputError if a URL, a field or the secret is not valid
 */
export async function doctor(
  urls: readonly string[],
  options: DoctorOptions,
  terminal: Pick<Terminal, "out">,
  now: () => number = Date.now,
): Promise<number> {
  const { data: body, timeout, format } = options;
  const secrets = readSecrets(options.secret);
  const fields = readTargetFields(options.header);
  const method = readMethod(options.method);
  const targets = urls.map((text) => {
    return {
      url: readUrl(text, "http://localhost:8080/orders"),
      method,
      fields,
      body,
      timeoutMs: timeout * 1000,
    };
  });
  const examinations: Examination[] = [];
  const reports: UrlReport[] = [];
  for (const target of targets) {
    const examination = await examine(target, secrets, now);
    const report = reportOf(examination);
    examinations.push(examination);
    reports.push(report);
    if (format === "text") terminal.out(`${reportText(report, options)}\n`);
  }
  const chain = chainFindings(examinations);
  if (format === "json") {
    terminal.out(JSON.stringify({ urls: reports, chain }, undefined, 2));
  } else {
    if (chain.length > 0) terminal.out(`${findingsText(chain, options)}\n`);
    terminal.out(summaryText(reports, chain));
  }
  if (!examinations.every(isReached)) return EXIT_UNREACHED;
  const isWrong = reports.some(({ findings }) => findings.some(({ mark }) => mark === "bad"));
  return isWrong ? EXIT_WRONG : EXIT_WELL;
}

/** The value is never shown: if somebody forgot the key id, the secret itself would be in a log. */
function readSecrets(text: string | undefined): readonly Secret[] {
  if (text === undefined || text.trim() === "") return [];
  const fault = secretFault(text);
  if (fault === undefined) return secretsOf(text);
  throw new InputError(`the secret must be ${SECRETS_EXPECTED}, got ${fault}`);
}

function reportOf(examination: Examination): UrlReport {
  const service = answeringService(examination);
  return {
    url: shownUrl(examination.target.url),
    ...(service === undefined ? undefined : { service }),
    requests: examination.sent,
    findings: findingsOf(examination),
  };
}

function findingsOf(examination: Examination): Finding[] {
  const reached = reachedFindings(examination);
  if (!isReached(examination)) return reached;
  return [
    ...reached,
    ...answerFindings(examination),
    ...contextFindings(examination),
    ...headerFindings(examination),
    ...treeFindings(treeOf(examination)),
    ...messageFindings(treeOf(examination)),
    ...setUpFindings(examination),
    ...cacheFindings(examination),
    ...headFindings(examination),
    ...clockFindings(examination),
  ];
}
