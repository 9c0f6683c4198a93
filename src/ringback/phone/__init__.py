"""The other tenant: virtual phones. They know the house only through its doors."""
