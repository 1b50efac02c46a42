"""Task: one recognition request, its text and its history."""

import streamlit as st

from dashboard.ui import task_view, viewer

task_view.show(viewer.current(), st.query_params.get("id", ""))
