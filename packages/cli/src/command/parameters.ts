import type { OperationEntry, ParamSchema } from "@mtui/core/protocol";
import { FLAGS } from "./flags.ts";

/** One parameter or flag as the command line shows it. */
export interface Parameter {
  /** Name on the wire, or in `FLAGS`. */
  readonly name: string;
  readonly schema: ParamSchema;
  readonly required: boolean;
  readonly kind: "param" | "flag";
  /** `@FILE` stands for what the file has. */
  readonly fromFile?: boolean;
  /** Place among the words, or null for an option. */
  readonly position: number | null;
  /** `-t, --target <host>`; null when it has none. */
  readonly option: string | null;
  /** What to call it in messages: `--target`, `<rrid>`. */
  readonly label: string;
}

/** Names of values where the parameter's own says too little. */
const METAVARS: Readonly<Record<string, string>> = {
  auto_review_id: "rrid",
  rrids: "rrid",
  hosts: "host",
  target: "host",
  job_id: "id",
  job_ids: "id",
  others: "id",
  prefer: "host",
  exclude: "host",
  parallel: "number",
  limit: "number",
  offset: "number",
  after: "what",
  claim: "id",
  from: "cursor",
  last: "number",
  reason: "text",
  types: "type",
  wait: "seconds",
  timeout: "seconds",
  config: "file",
  workspace: "name",
  testplatform: "query",
  progress: "how",
  on_interrupt: "what",
  operation: "add|remove",
};

/** Parameters that the client fills in by itself while it follows, and those that mean nothing for people. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  job_follow: ["timeout"],
  list_events: ["timeout", "all"],
  list_workspaces: ["all"],
  list_queue: ["all"],
  job_list: ["all"],
};

export function parametersOf(entry: OperationEntry): Parameter[] {
  const { properties, required } = entry.params;
  const parameters: Parameter[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    if (OWN[entry.name]?.includes(name)) continue;
    const position = entry.cli.positionals?.indexOf(name) ?? -1;
    const isPositional = position >= 0;
    // The workspace can always be given by its option too.
    const option = isPositional && name !== "workspace" ? null : optionText(entry, { name, schema });
    parameters.push({
      name,
      schema: isNegated(schema) ? negative(schema) : schema,
      required: required.includes(name),
      fromFile: entry.cli.files?.includes(name) === true,
      kind: "param",
      position: isPositional ? position : null,
      option,
      label: isPositional ? `<${metavar(name)}>` : longOf(entry, name),
    });
  }
  for (const [name, { schema, applies, short }] of Object.entries(FLAGS)) {
    if (!applies(entry) || properties[name] !== undefined) continue;
    const long = `--${name.replaceAll("_", "-")}`;
    const text = `${short === undefined ? "" : `-${short}, `}${long}${valueText(name, schema)}`;
    parameters.push({
      name,
      schema,
      required: false,
      kind: "flag",
      position: null,
      option: text,
      label: long,
    });
  }
  return parameters;
}

export function metavar(name: string): string {
  return METAVARS[name] ?? name.replaceAll("_", "-");
}

function optionText(entry: OperationEntry, { name, schema }: { name: string; schema: ParamSchema }): string {
  const short =
    entry.cli.short?.[name] ?? (name === "workspace" && entry.scope === "workspace" ? "w" : undefined);
  const long = isNegated(schema) ? `--no-${longOf(entry, name).slice(2)}` : longOf(entry, name);
  const text = `${short === undefined ? "" : `-${short}, `}${long}${valueText(name, schema)}`;
  return entry.cli.words?.includes(name) === true ? text.replace(/>$/, "...>") : text;
}

/** Shown as `--no-...`: what happens anyway needs no option. */
function isNegated({ type, default: value }: ParamSchema): boolean {
  return type === "boolean" && value === true;
}

/** Described as what the option does, not as what it takes away. */
function negative(schema: ParamSchema): ParamSchema {
  const { description } = schema;
  return description === undefined
    ? schema
    : { ...schema, description: description.replace(/^with /, "without ") };
}

function longOf(entry: OperationEntry, name: string): string {
  return `--${(entry.cli.long?.[name] ?? name).replaceAll("_", "-")}`;
}

function valueText(name: string, schema: ParamSchema): string {
  return schema.type === "boolean" ? "" : ` <${metavar(name)}>`;
}
