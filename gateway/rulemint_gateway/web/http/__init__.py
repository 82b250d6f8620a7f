"""HTTP as all endpoints speak it: operations, bodies, answers, problems, lists."""
