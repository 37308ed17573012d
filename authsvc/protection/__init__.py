"""What the application models do: a file a model, named by its row in core/application_models.py.

A model stands here as one object with the members of base.Protection; registry.py finds it by its letter.
Nothing else in the product tells models apart.
"""
