"""Settings: flag over environment over ``ksimage.yaml`` over default, each with its origin."""
