import { resolve } from 'node:path';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type ShellName = (typeof SHELLS)[number];

/**
 * The script that makes a shell ask this program. It asks the one that is typed if that is a program on PATH, else the
 * one that wrote the script. What is typed is passed on as words, and never evaluated.
 */
export function scriptFor(shell: ShellName, program: string): string {
  return SCRIPTS[shell].replaceAll('<program>', `'${resolve(program).replaceAll("'", "'\\''")}'`);
}

const SCRIPTS: { readonly [shell in ShellName]: string } = {
  // as old as macOS has it: without mapfile, and without the functions of bash-completion
  bash: `# bash completion for cdk8s-services
_cdk8s_services() {
  local words current line cut ask=("$1")
  # a quote that is open: none of what is completed needs one
  line=\${COMP_LINE:0:COMP_POINT} line=\${line//[\\"\\']/}
  read -r -a words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=\${words[\${#words[@]}-1]}
  type -P "$1" >/dev/null || ask=(node <program>)
  # bash takes what follows these two for a word of its own
  cut=\${current%"\${current##*[:=]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
      return
    fi
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$cut"}")
  done < <("\${ask[@]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _cdk8s_services cdk8s-services
`,
  zsh: `#compdef cdk8s-services
# zsh completion for cdk8s-services
_cdk8s_services() {
  local line word description
  local -a ask=("\${(Q)words[1]}") typed=("\${(@)\${(@Q)words[2,CURRENT]}//[\\"\\']/}") found
  whence -p -- "$ask[1]" >/dev/null || ask=(node <program>)
  for line in "\${(@f)$("\${(@)ask}" complete -- "\${(@)typed}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
      return
    fi
    # a colon ends the word for _describe
    [[ -n $line ]] || continue
    word=\${\${line%%$'\\t'*}//:/\\\\:} description=\${line#*$'\\t'}
    found+=("$word\${description:+:$description}")
  done
  _describe 'cdk8s-services' found
}
if [[ $funcstack[1] == _cdk8s_services ]]; then
  _cdk8s_services "$@"
else
  compdef _cdk8s_services cdk8s-services
fi
`,
  fish: `# fish completion for cdk8s-services
function __cdk8s_services_complete
    set -l typed (commandline -opc)
    # a quote that is open: none of what is completed needs one
    set -l current (commandline -ct | string replace -ra '["\\']' '')
    set -l ask $typed[1]
    type -fq -- $ask; or set ask node <program>
    for line in ($ask complete -- $typed[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c cdk8s-services -f -a '(__cdk8s_services_complete)'
`,
};
