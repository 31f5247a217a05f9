with final as (
    select
        student_key,
        student_id,
        student_name,
        class_id,
        grade_level,
        grade_number,
        enrollment_status,
        is_active,
        is_inferred,
        date_of_birth,
        email,
        phone,
        enrollment_date,
        directory_opt_out,
        updated_at
    from silver.dim_student
)

select * from final
