-- Runs that are folded into another are found by it: without this, a list of runs reads every run once for each.
CREATE INDEX run_part_of ON run (part_of) WHERE part_of IS NOT NULL;
