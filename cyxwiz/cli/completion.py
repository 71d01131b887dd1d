"""`cyxwiz completion`: prints what makes a shell complete commands, options and ids."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from cyxwiz.cli.completing import COMPLETE_FLAG
from cyxwiz.cli.printing import print_line


class Shell(StrEnum):
    """The shells that are known."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# The line is split at spaces and not taken from COMP_WORDS, which bash splits at the colon of HOST:PORT too.
_BASH = f"""\
_cyxwiz() {{
    local line=${{COMP_LINE:0:COMP_POINT}} words
    read -ra words <<< "$line"
    [[ $line == *" " ]] && words+=("")
    mapfile -t COMPREPLY < <("$1" {COMPLETE_FLAG} "${{words[@]:1}}" 2>/dev/null)
}}
complete -o default -F _cyxwiz cyxwiz
"""

_ZSH = f"""\
#compdef cyxwiz
_cyxwiz() {{
    local -a found
    found=("${{(@f)$("${{words[1]}}" {COMPLETE_FLAG} "${{(@)words[2,CURRENT]}}" 2>/dev/null)}}")
    if [[ -n ${{found[1]}} ]]; then compadd -- "${{found[@]}}"; else _files; fi
}}
if [[ ${{funcstack[1]}} == _cyxwiz ]]; then _cyxwiz; else compdef _cyxwiz cyxwiz; fi
"""

_FISH = f"""\
function __cyxwiz_candidates
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] {COMPLETE_FLAG} $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c cyxwiz -f -a '(__cyxwiz_candidates)'
"""

_SCRIPTS = {Shell.BASH: _BASH, Shell.ZSH: _ZSH, Shell.FISH: _FISH}


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the script that makes a shell complete cyxwiz.

    Commands and options are completed, and ids of jobs and nodes by asking the server. In bash and zsh put
    `source <(cyxwiz completion bash)`, or zsh, into ~/.bashrc or, behind compinit, ~/.zshrc; in fish write it once to
    ~/.config/fish/completions/cyxwiz.fish.

    Example: cyxwiz completion bash > ~/.local/share/bash-completion/completions/cyxwiz
    """
    print_line(_SCRIPTS[shell].rstrip())
