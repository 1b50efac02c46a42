"""Task: one recognition request, its text and its history."""

import streamlit as st

from dashboard import bootstrap
from dashboard.ui import task_view

task_view.show(bootstrap.current(), st.query_params.get("id", ""))
