"""The assets: the one step that builds staging, its checks, and the source tables."""
