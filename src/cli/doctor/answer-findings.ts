// Finds out whether a URL answers us, and if not, as much of the reason as can be known from outside.
import { printable } from "../../tree/format.ts";
import { aheadText } from "./clock.ts";
import { type Attempt, answeringService, type Examination, FAR_MS, isHeard, type Probe } from "./examine.ts";
import { isResponse } from "./exchange.ts";
import { bad, type Finding, note, ok } from "./finding.ts";
import { betweenText } from "./read-response.ts";

/** The checks `answers`, `secret` and `between`. */
export function answerFindings(examination: Examination): Finding[] {
  const { first, second, third } = examination;
  if (third !== undefined) return [apart(examination)];
  const kinds = [first, second].map((probe) => probe?.answer.kind);
  if (kinds.includes("own")) return answered(examination);
  if (kinds.includes("foreign")) {
    return [note("answers", "cannot be told: the answer that came was made for another ask, see caches")];
  }
  if (kinds.some((kind) => kind !== "none")) {
    return [note("answers", "cannot be told: what came under our name is no answer, see header")];
  }
  return unanswered(examination);
}

/** Requests with an ask got another status than requests without. Whether ask or answer is the reason is measured, not guessed. */
function apart({ first, second, third, plain, ignored }: Examination): Finding {
  const asks = [first, second, third].map(statusText);
  const others = [plain, ignored].map(statusText);
  const [ask] = asks;
  const [other, ignoredAsk] = others;
  if (asks.every((text) => text === ask)) {
    if (ignoredAsk === other) {
      return bad(
        "answers",
        `with our ask ${ask}, without it ${other}, and ${other} with an ask that no service answers: something between ` +
          `cannot take a head with our answer in it${betweenText(plain.reply)}. Let it take larger heads (nginx: ` +
          "proxy_buffer_size), or set OTEL_ERROR_TREE_HEADER_BYTES lower at the service",
      );
    }
    if (ignoredAsk === ask) {
      return bad(
        "answers",
        `with our ask ${ask}, without it ${other}, and ${ask} also with an ask that no service answers: something refuses ` +
          `requests that carry the field x-error-tree${betweenText(plain.reply)}. Let the field pass there`,
      );
    }
  }
  return note(
    "answers",
    `cannot be told: equal requests end differently (with our ask ${asks.join(", ")}; without ${others.join(", ")})`,
  );
}

function statusText(probe: Probe | undefined): string {
  if (probe === undefined) return "nothing";
  return isResponse(probe.reply)
    ? String(probe.reply.status)
    : `no response (${printable(probe.reply.fault)})`;
}

/** One of two asks was answered, the other not: different instances got them, or the requests ended differently. */
function answeredOnce(service: string, first: Probe, second: Probe | undefined): Finding {
  const [silent, heard] = first.answer.kind === "own" ? [second, first] : [first, second];
  const [other, one] = [silent, heard].map(statusText);
  return other === one
    ? bad("answers", `${service} answered one of two asks: behind the URL are instances that differ`)
    : note("answers", `${service} answered one of two asks, with ${one}; the other came to ${other}`);
}

function answered(examination: Examination): Finding[] {
  const { keyId, keyless, first, second, plain } = examination;
  const service = answeringService(examination) ?? "somebody";
  const byToken = keyless !== undefined && keyless.answer.kind !== "own";
  const always = first.answer.kind === "own" && second?.answer.kind !== "none";
  const findings = [
    always
      ? ok("answers", `${service} answers us, ${byToken ? `for a token of "${keyId}"` : "by our address"}`)
      : answeredOnce(service, first, second),
  ];
  if (byToken) {
    findings.push(ok("secret", `tokens of "${keyId}" count, a false one does not`));
    return findings;
  }
  if (keyId !== undefined) {
    findings.push(
      note("secret", "cannot be told: a false token is answered too, for our address is trusted"),
    );
  }
  const between = betweenText(plain.reply);
  if (between !== "") {
    findings.push(
      note(
        "between",
        `somebody may stand between${between}, and we are answered by our address: so is whoever else comes through ` +
          "there. Set a secret, and leave trust and trustedPeers alone",
      ),
    );
  }
  return findings;
}

function unanswered(examination: Examination): Finding[] {
  const { keyId, attempts, plain, first, second } = examination;
  const probes = [first, ...(second === undefined ? [] : [second]), ...attempts];
  const heard = probes.filter((probe) => isHeard(probe, plain));
  const other = attempts.find((attempt) => heard.includes(attempt));
  if (heard.some(({ answer }) => answer.kind !== "own")) {
    const taken = bad(
      "answers",
      "we were answered, for Vary says so, but the answer does not come through: something between takes x-error-tree off " +
        `the response${betweenText(plain.reply)}. Right at the edge of a network; between services let it pass`,
    );
    return [taken, ...secretFinding(other, keyId)];
  }
  if (other !== undefined) {
    const secret = secretFinding(other, keyId);
    const how =
      secret.length > 0 ? "with our usual token, see secret" : "as services ask, but where JSON is asked for";
    return [bad("answers", `not ${how}`), ...secret];
  }
  const none = bad("answers", nobodyText(examination));
  return keyId === undefined ? [none] : [none, note("secret", triedText(attempts))];
}

/** How the token had to differ from our usual one to be accepted; empty if it did not have to. */
function secretFinding(heard: Attempt | undefined, ours: string | undefined): Finding[] {
  if (heard === undefined) return [];
  const { keyId, aheadMs } = heard;
  if (aheadMs !== 0) {
    const text = `a token made by a clock ${clockText(aheadMs)} is answered, one of now is not: set the clocks`;
    return [bad("secret", text)];
  }
  if (keyId === ours) return [];
  const text =
    `a token of "${keyId}" is answered, one of "${ours}", which stands first and signs, is not: ` +
    `set "${ours}" at the service as well, or put "${keyId}" first here`;
  return [bad("secret", text)];
}

/** What can be said if no answer came back: the response is that of a service without the library. */
function nobodyText({ plain, keyId }: Examination): string {
  const between = betweenText(plain.reply);
  const taken =
    between === ""
      ? "or a proxy takes our ask off"
      : `or what stands between${between} takes our ask off, or answers in its place`;
  const token =
    keyId === undefined
      ? ". We showed no token: set OTEL_ERROR_TREE_SECRET here where the service has a secret. For development start the service " +
        "with OTEL_ERROR_TREE_TRUST=loopback"
      : "";
  return (
    "no answer: it takes no part or does not trust us, and its own log names which, the first time (OTEL_LOG_LEVEL=warn); " +
    taken +
    token
  );
}

function triedText(attempts: readonly Attempt[]): string {
  const ids = [...new Set(attempts.map(({ keyId }) => `"${keyId}"`))].join(" and of ");
  const shifts = attempts.map(({ aheadMs }) => aheadMs).filter((aheadMs) => aheadMs !== 0);
  const other =
    shifts.length === 1 ? clockText(shifts[0] as number) : "5 to 25 minutes ahead of or behind it";
  return `no token of ${ids} was answered, made by our clock or by one ${other}`;
}

function clockText(aheadMs: number): string {
  if (Math.abs(aheadMs) !== FAR_MS) return aheadText(aheadMs);
  return `5 to 25 minutes ${aheadMs > 0 ? "ahead of" : "behind"} ours`;
}
