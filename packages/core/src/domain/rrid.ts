import { MtuiError } from "../protocol/errors.ts";
import { printable } from "./grammar/control-characters.ts";
import { integerDigits, parseInteger } from "./grammar/integer.ts";

export type RridKind = "Maintenance" | "SLFO" | "PI";

/** A request review id. Two are the same request exactly if their `text` is the same. */
export interface Rrid {
  readonly kind: RridKind;
  /** A number where the component reads as one, else the text (`1.1`, `git`). */
  readonly incident: number | string;
  readonly review: number;
  /** Canonical form, also the name of the template's directory. */
  readonly text: string;
}

const KINDS: Readonly<Record<string, RridKind>> = {
  Maintenance: "Maintenance",
  M: "Maintenance",
  SLFO: "SLFO",
  S: "SLFO",
  PI: "PI",
  P: "PI",
};

/** So that the workspace named after any RRID stays within the 64 characters of a workspace name. */
const INCIDENT_LIMIT = 28;

/**
 * Reads an RRID: `SUSE:Maintenance:31337:298765`, short forms and missing components between
 * colons included (docs/formats/rrid-and-template.md, "RRID").
 * @throws MtuiError rrid.invalid
 */
export function parseRrid(text: string): Rrid {
  if (text.length > 256) throw invalid(text, "it is longer than 256 characters");
  const parts = text.split(":").filter((part) => part !== "");
  if (parts.length > 4) throw invalid(text, `it has ${parts.length} parts, four are the most`);
  const [project, kindWord, incidentText, reviewText] = parts;
  if (project === undefined) throw invalid(text, "it is empty");
  if (project !== "SUSE" && project !== "S") {
    throw invalid(text, `its first part must be SUSE (or S), not "${printable(project)}"`);
  }
  if (kindWord === undefined) throw invalid(text, "its second part, the kind, is missing");
  const kind = Object.hasOwn(KINDS, kindWord) ? KINDS[kindWord] : undefined;
  if (kind === undefined) {
    throw invalid(
      text,
      `its kind must be Maintenance, SLFO or PI (or M, S, P), not "${printable(kindWord)}"`,
    );
  }
  if (incidentText === undefined) throw invalid(text, "its third part, the incident, is missing");
  const incident = parseIncident(incidentText, text);
  if (reviewText === undefined) throw invalid(text, "its fourth part, the review number, is missing");
  const review = parseInteger(reviewText);
  if (review === null) {
    throw invalid(text, `its review must be a whole number, not "${printable(reviewText)}"`);
  }
  return { kind, incident, review, text: `SUSE:${kind}:${incident}:${review}` };
}

/** The workspace that `validate` opens for a request: the RRID with `-` in place of `:`. */
export function workspaceOf(rrid: Rrid): string {
  return rrid.text.replaceAll(":", "-");
}

/**
 * The incident becomes part of a directory name, of URLs and of repository names, so it holds only
 * characters that mean nothing in any of them.
 */
function parseIncident(part: string, whole: string): number | string {
  const digits = integerDigits(part);
  const value = digits ?? part;
  if (value.trim() === "") throw invalid(whole, "its third part, the incident, is blank");
  if (value.length > INCIDENT_LIMIT) {
    throw invalid(whole, `its incident is longer than ${INCIDENT_LIMIT} characters`);
  }
  if (!/^[A-Za-z0-9._-]+$/.test(value) || value.includes("..")) {
    throw invalid(
      whole,
      `its incident "${printable(part)}" may hold only letters, digits, "-", "_" and single dots`,
    );
  }
  if (digits === null) return part;
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
}

function invalid(text: string, why: string): MtuiError {
  return new MtuiError("rrid.invalid", `"${printable(text)}" is no request review id: ${why}.`, {
    hint: "Write it like SUSE:Maintenance:31337:298765 or SUSE:SLFO:1.2:4711.",
    data: { rrid: printable(text, 256) },
  });
}
