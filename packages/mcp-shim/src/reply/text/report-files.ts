import type { ResultOf } from "@mtui/core/registry";
import { bytes, count, oneLine } from "@mtui/core/text";
import { hostsAndCount } from "../fold/host-names.ts";
import { toolCall } from "../hints/tool-call.ts";
import { block, type Part } from "./part.ts";
import { type Teller, some } from "./view.ts";

/** A window of a file, with the numbers that testreport_patch takes. */
export const windowText: Teller<ResultOf<"testreport_read">> = (window, { operation, params }) => {
  const { path, line_count, offset, returned_lines, content, next_offset, sha256, cut = 0, lossy } = window;
  const last = offset + returned_lines - 1;
  const lines: Part[] = [
    `${oneLine(path)}: lines ${offset} to ${last} of ${line_count}, ${bytes(window.bytes)}, sha256 ${sha256}`,
  ];
  if (content === "") lines.push("(no lines)");
  else lines.push(block(content, { keep: "head", from: offset }));
  if (cut > 0) lines.push(`(${cut} bytes of an overlong line are left out)`);
  if (lossy === true) lines.push("(bytes that are no UTF-8 stand as U+FFFD)");
  if (next_offset !== null) lines.push(`next: ${toolCall(operation, { ...params, offset: next_offset })}`);
  return lines;
};

export const logsText: Teller<ResultOf<"testreport_logs">> = ({
  path,
  build_checks,
  install_logs,
  left_out = 0,
}) => [
  oneLine(path),
  ...[
    { title: "build_checks", files: build_checks },
    { title: "install_logs", files: install_logs },
  ].map(({ title, files }) =>
    files.length === 0
      ? `${title}: none`
      : `${title}: ${some(
          files.map(({ name, size }) => `${oneLine(name)} (${bytes(size)})`),
          40,
        )}`,
  ),
  ...(left_out > 0 ? [`${left_out} more files are not listed`] : []),
];

export const patchedText: Teller<ResultOf<"testreport_patch">> = (result) =>
  result.bytes_written === 0
    ? [
        `Nothing to change: ${oneLine(result.path)} has ${result.new_line_count} lines, sha256 ${result.sha256}`,
      ]
    : [
        `${oneLine(result.path)}: ${result.replaced_lines} lines replaced by ${result.inserted_lines}; now ${result.new_line_count} lines, sha256 ${result.sha256}`,
      ];

export const writtenText: Teller<ResultOf<"testreport_write">> = (result) => [
  `${oneLine(result.path)}: ${result.bytes_written === 0 ? "unchanged" : `${bytes(result.bytes_written)} written`}, ${result.line_count} lines, sha256 ${result.sha256}`,
];

export const filledText: Teller<ResultOf<"testreport_fill">> = (result, context) => {
  const { summary, reproducer, status } = result.filled;
  return [
    `filled in: ${summary} summary, ${reproducer} reproducer, ${status} status`,
    ...writtenText(result, context),
  ];
};

export const bugsText: Teller<ResultOf<"list_bugs">> = ({ rrid, bugs, jira, url }) => [
  `${oneLine(rrid)}: ${count(bugs.length, "bug")}, ${count(jira.length, "Jira issue")}`,
  ...[...bugs, ...jira].map(({ id, title }) => `  ${oneLine(id)}: ${oneLine(title)}`),
  ...(url === null ? [] : [oneLine(url)]),
];

export const reposText: Teller<ResultOf<"show_update_repos">> = ({ rrid, repositories }) => [
  `${oneLine(rrid)}:`,
  ...repositories.map(
    ({ product, version, arch, url }) => `  ${oneLine(`${product} ${version} ${arch}: ${url}`)}`,
  ),
  ...(repositories.length === 0 ? ["  no repositories"] : []),
];

export const commandsText: Teller<ResultOf<"list_update_commands">> = ({ hosts }) => {
  const parts = hosts.flatMap((group): Part[] => [
    `${hostsAndCount(group.hosts)}:`,
    ...(group.error === null ? [] : [`  ${oneLine(group.error)}`]),
    ...group.commands.map((command) => `  $ ${oneLine(command)}`),
  ]);
  return parts.length === 0 ? ["No hosts."] : parts;
};
