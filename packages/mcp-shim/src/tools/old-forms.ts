import type { OperationEntry } from "@mtui/core/protocol";

/**
 * What prompts that were written for other mtui servers say, beyond the parameters that the registry has:
 * other names of the same thing, and things that are not here. Nothing of it is ignored that would have
 * made a difference.
 */

/** Other names of a parameter, where a tool has the one and not the other. */
const OTHER_NAMES: ReadonlyMap<string, readonly string[]> = new Map([
  ["target", ["hosts"]],
  ["hosts", ["target"]],
  ["packages", ["package"]],
  ["job_id", ["job_ids"]],
  ["rrid", ["auto_review_id", "rrids"]],
  ["path", ["relpath", "filename"]],
]);

/** How results are shown, or what is so anyway: here they change nothing. */
const WITHOUT_EFFECT: Readonly<Record<string, readonly string[]>> = {
  add_host: ["keep_mode"],
  list_refhosts: ["as_json", "verbose"],
};

interface Refusal {
  readonly message: string;
  readonly hint: string;
}

/** The parameter of the tool that a name of old means; null when there is none. */
export function newName(name: string, entry: OperationEntry): string | null {
  const { properties } = entry.params;
  if (Object.hasOwn(properties, name)) return null;
  return OTHER_NAMES.get(name)?.find((other) => Object.hasOwn(properties, other)) ?? null;
}

export function isWithoutEffect(
  name: string,
  { value, entry }: { value: unknown; entry: OperationEntry },
): boolean {
  // "No" to what does not exist is what happens.
  if ((name === "all_templates" || name === "kernel_review_id") && (value === false || value === ""))
    return true;
  return WITHOUT_EFFECT[entry.name]?.includes(name) ?? false;
}

/** Why it cannot be done here, and what to do instead; null for what is not known from anywhere. */
export function refusalOf(name: string, entry: OperationEntry): Refusal | null {
  if (name === "all_templates") {
    return {
      message: "all_templates: a call works on one workspace.",
      hint: "Call it for each: workspace=NAME or template=RRID; list_workspaces shows them.",
    };
  }
  if (name === "kernel_review_id") {
    return {
      message: "kernel_review_id: reports of the kernel workflow are not supported.",
      hint: "Every other report is loaded with auto_review_id=RRID.",
    };
  }
  if (name === "filename" && entry.name === "export") {
    return {
      message: "filename: results are written into the report of the workspace itself.",
      hint: "Leave it out; testreport_read shows the report.",
    };
  }
  return null;
}

/** Every tool that works on a workspace takes the RRID that is loaded there in place of its name. */
export function takesTemplate({ name, scope, params }: OperationEntry): boolean {
  return scope === "workspace" && name !== "load_template" && !Object.hasOwn(params.properties, "template");
}
