"""From a study to artifacts and jobs, whatever its kind."""
