// `overair completion SHELL`: the few lines that teach a shell to complete our commands and flags.

import type { Context } from '../context.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

const SCRIPTS: Record<Shell, string> = {
  bash: `_overair() {
  local IFS=$'\\n'
  COMPREPLY=($(overair complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _overair overair`,
  zsh: `#compdef overair
_overair() {
  local -a candidates
  candidates=("\${(@f)$(overair complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if (( \${#candidates[1]} )); then compadd -a candidates; else _files; fi
}
compdef _overair overair`,
  fish: `complete -c overair -a '(overair complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`,
};

export async function printCompletion({ ui }: Context, _options: object, shell: Shell) {
  ui.say(SCRIPTS[shell]);
  return { shell, script: SCRIPTS[shell] };
}
