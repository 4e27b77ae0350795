"""Parts of the steps that clean inside documents."""
