"""What several kinds of tests share: programs as processes, synthetic people, generated docs."""
