/**
 * The completion script of a shell. It only asks `mtuictl __complete` with the words typed so far; so
 * it never grows old. One candidate a line, a description behind a tab.
 */
export function completionScript(shell: string): string {
  if (shell === "fish") return FISH;
  return shell === "zsh" ? ZSH : BASH;
}

const BASH = `# mtuictl completion for bash: eval "$(mtuictl completion bash)"
_mtuictl() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _mtuictl mtuictl
`;

const ZSH = `#compdef mtuictl
# mtuictl completion for zsh: eval "$(mtuictl completion zsh)"
_mtuictl() {
  local line
  local -a found
  while IFS= read -r line; do
    line="\${line//:/\\\\:}"
    found+=("\${line/$'\\t'/:}")
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe mtuictl found; else _files; fi
}
compdef _mtuictl mtuictl
`;

const FISH = `# mtuictl completion for fish: mtuictl completion fish | source
function __mtuictl_complete
  set -l typed (commandline -opc) (commandline -ct)
  $typed[1] __complete $typed[2..-1] 2>/dev/null
end
complete -c mtuictl -a '(__mtuictl_complete)'
`;
