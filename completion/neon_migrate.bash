# neon_migrate.bash: completion of neon_migrate's command line, for bash.
#
# Commands and options are those that the client's own --help names, so they
# need not be said here.  Nothing connects to a database: versions are read off
# the names of the files.

# _neon_migrate_help CLIENT [COMMAND]: what --help names: commands, or the
# options of the command.
_neon_migrate_help() {
	local line pattern='^  ([a-z]+) ' part=
	[[ -z ${2-} ]] || pattern='^  (-[a-zA-Z]|  )[, ] (--[a-z-]+)'
	while IFS= read -r line; do
		[[ $line != *: ]] || part=$line
		if [[ -z ${2-} && $part == Commands: && $line =~ $pattern ]]; then
			printf '%s\n' "${BASH_REMATCH[1]}"
		elif [[ -n ${2-} && $part == Options* && $line =~ $pattern ]]; then
			printf '%s\n' "${BASH_REMATCH[@]:1:2}"
		fi
	done < <("$1" ${2:+"$2"} --help 2>/dev/null)
}

# _neon_migrate_versions DIR: the versions in the folder.  Not known here are
# those of sqitch.
_neon_migrate_versions() {
	local path name
	for path in "$1"/* "$1"/committed/*; do
		name=${path##*/}
		case $name in
			*.down.sql) continue ;;
			V[0-9]*__*.sql) name=${name#V} name=${name%%__*} name=${name//_/.} ;;
			[0-9]*)
				if [[ -f $path/up.sql ]]; then
					name=${name%%_*} name=${name//-/}
				elif [[ -f $path/migration.sql ]]; then
					:
				elif [[ $name != *.sql ]]; then
					continue
				elif [[ -f $1/meta/_journal.json || $name =~ ^([0-9]{13}|[0-9]{17})[^0-9] ]]; then
					name=${name%.sql}
				else
					name=${name%%[!0-9]*}
					# a number, unless it is text
					[[ $name != 0* || $path == */committed/* ]] || grep -qs '^-- migrate:up' "$path" ||
						name=$((10#$name))
				fi ;;
			*) continue ;;
		esac
		printf '%s\n' "$name"
	done
}

_neon_migrate() {
	local client=${1/#\~/$HOME} cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	local command= dir=migrations commands word before i IFS=$'\n'

	# "--dir=x" is three words
	if [[ $cur == = ]]; then
		cur=
	elif [[ $prev == = ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	commands=$(_neon_migrate_help "$client")
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]} before=${COMP_WORDS[i-1]}
		[[ $before != = ]] || before=${COMP_WORDS[i-2]}
		case $before in
			-d | --dir) [[ $word == = ]] || dir=${word/#\~/$HOME} ;;
			-e | --env-file | --desired | -f | --format | -t | --to | --from | --schema | -u | --database-url) ;;
			*) [[ -n $command || $'\n'$commands$'\n' != *$'\n'$word$'\n'* ]] || command=$word ;;
		esac
	done

	COMPREPLY=()
	case $prev in
		-d | --dir)
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -d -- "$cur")) ;;
		-e | --env-file | --desired)
			compopt -o filenames 2>/dev/null
			COMPREPLY=($(compgen -f -- "$cur")) ;;
		-f | --format)
			word='dbmate diesel flyway goose golang-migrate node-pg-migrate prisma sqlx supabase'
			[[ $command == new ]] || word+=' drizzle graphile-migrate sqitch structure'
			COMPREPLY=($(compgen -W "${word// /$IFS}" -- "$cur")) ;;
		-t | --to | --from)
			COMPREPLY=($(compgen -W "$(_neon_migrate_versions "$dir")" -- "$cur")) ;;
		-u | --database-url | --connect-timeout | --head | --limit | --schema | --timeout) ;;
		*)
			if [[ -z $command && $cur != -* ]]; then
				COMPREPLY=($(compgen -W "$commands" -- "$cur"))
			elif [[ $cur == -* ]]; then
				COMPREPLY=($(compgen -W "$(_neon_migrate_help "$client" "${command:-help}")" -- "$cur"))
			else
				case $command in
					diff)
						compopt -o filenames 2>/dev/null
						COMPREPLY=($(compgen -f -- "$cur")) ;;
					redo | stamp | wait)
						COMPREPLY=($(compgen -W "$(_neon_migrate_versions "$dir")" -- "$cur")) ;;
					lint)
						compopt -o filenames 2>/dev/null
						COMPREPLY=($(compgen -f -- "$cur")) ;;
				esac
			fi ;;
	esac
}

complete -F _neon_migrate neon_migrate
