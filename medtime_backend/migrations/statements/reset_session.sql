-- DISCARD ALL without the lock of the runner: nothing of one file must reach the next.
reset session authorization;
reset role;
reset all;
unlisten *;
discard plans;
discard sequences;
discard temp;
