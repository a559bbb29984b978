# Ends what a lab leaves behind. $1: the text in the environment of all its processes, $2: its folder.
# Told on stdin: "+N" and "-N" when the process group N begins and ends, "." when the lab ends by
# itself. The end of stdin is the end of the lab, whatever ended it.
trap '' HUP INT QUIT TERM
groups=' '
# A process that the lab was about to start when it was killed shows up a moment later.
looks=3
while read -r told; do
  case $told in
    +*) groups="$groups${told#+} " ;;
    -*)
      group=" ${told#-} "
      case $groups in
        *"$group"*) groups="${groups%%"$group"*} ${groups#*"$group"}" ;;
      esac ;;
    .) looks=1 ;;
  esac
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
# A process that does not die within a minute is stuck in the kernel.
rounds=1200
while [ -r /proc/self/environ ] && [ "$looks" -gt 0 ] && [ "$rounds" -gt 0 ]; do
  found=$(grep -ls -e "$1" /proc/[0-9]*/environ)
  if [ -n "$found" ]; then
    for file in $found; do
      process=${file#/proc/}
      kill -s KILL "${process%/environ}" 2>/dev/null
    done
  else
    looks=$((looks - 1))
  fi
  rounds=$((rounds - 1))
  [ "$looks" -eq 0 ] || sleep 0.05 2>/dev/null || sleep 1
done
rm -rf -- "$2"
